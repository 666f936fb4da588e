// Whether the table rests, or is being scrolled.
import { signal } from "@preact/signals";

const REST = 100; // milliseconds
let timer = 0;

/** Rows that only pass ask for nothing. */
export const resting = signal(true);

/** The table is being scrolled. */
export function pass(): void {
  resting.value = false;
  clearTimeout(timer);
  timer = window.setTimeout(() => (resting.value = true), REST);
}
