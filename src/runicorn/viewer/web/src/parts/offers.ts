// What can be found by a few letters (Ctrl+K) on a page, besides its actions and metrics.
import { signal } from "@preact/signals";

export interface Choice {
  kind: string;
  text: string;
  key?: string;
  run: () => void;
}

export const offers = signal<() => Choice[]>(() => []);
