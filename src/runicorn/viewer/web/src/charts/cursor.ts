// One cursor for all charts: where the pointer is, or where it was pinned.
import { computed, signal } from "@preact/signals";
import { change, part } from "../state/view";

export interface Pointer {
  x: number;
  metric: string; // of the chart that the pointer is over
  y: number; // the pointer's height there, as a value
}

/** Where the pointer is, while it is over a chart. */
export const pointer = signal<Pointer | null>(null);

const pinned = part((view) => view.cursor);

/** The x that all charts show; the pointer's, or else the pinned one. */
export const cursor = computed(() => pointer.value?.x ?? pinned.value);

/** Keeps the cursor where it is; once more at the same place: lets it go. */
export function pin(x: number | null): void {
  change({ cursor: x });
}
