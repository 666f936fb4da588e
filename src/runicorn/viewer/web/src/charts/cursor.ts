// One cursor for all charts: where the pointer is, or where it was pinned.
import { computed, signal } from "@preact/signals";
import { change, part, view } from "../state/view";

export interface Pointer {
  x: number;
  metric: string; // of the chart that the pointer is over
  y: number; // the pointer's height there, as a value
}

export type Places = [pointed: number | null, pinned: number | null];

/** Where the pointer is, while it is over a chart. */
export const pointer = signal<Pointer | null>(null);

const pinned = part((view) => view.cursor);

/** The x that all charts mark: the pointer's, and the pinned one. */
export const places = computed((): Places => [pointer.value?.x ?? null, pinned.value]);
/** The one of them whose values are told. */
export const cursor = computed(() => places.value[0] ?? places.value[1]);
export const isSomewhere = computed(() => cursor.value !== null);

/** Pins the cursor there; once more at the same place, as near as one can `reach`: lets it go. */
export function pin(x: number, reach: number): void {
  const at = view.peek().x === "step" ? Math.round(x) : x;
  change({ cursor: Math.abs(at - (pinned.peek() ?? Infinity)) < reach ? null : at });
}
