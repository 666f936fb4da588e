// How the table is laid out now: which columns there are, how wide they are, and which of them are on the screen.
import { computed, signal } from "@preact/signals";
import { narrow } from "../state/screen";
import { settings } from "../state/settings";
import { own } from "../state/view";
import { keys, pinned, widths } from "./keys";
import { isValue } from "./kinds";
import { places, seen, type Place } from "./places";
import { aggregate, hasSpread, result } from "./result";

export const HEAD = 24; // pixels high
const SPREAD = 36; // " ±0.0031"

/** How wide the table is, and how far it is scrolled to the right. */
export const room = signal(0);
export const scrolled = signal(0);

/** How high a row is. */
export const height = computed(() => (narrow.value ? 68 : settings.value.density === "roomy" ? 32 : 24));

/** Whether only columns are shown in which the rows differ. */
export const differing = own("differ");

/** The columns that are shown: of those with values, where it is asked for, only those in which the rows differ. */
export const columns = computed(() => {
  if (!differing.value) return keys.value;
  const rows = [...result.value.windows.values()].flat();
  const differs = (key: string) => new Set(rows.map((row) => JSON.stringify(row[key] ?? null))).size > 1;
  return keys.value.filter((key) => key === "status" || !isValue(key) || differs(key));
});

export const geometry = computed(() => places(columns.value, pinned.value, widths.value, room.value, hasSpread(aggregate.value) ? SPREAD : 0));

let last: Place[] = [];

/** The columns that are on the screen, besides those that are pinned. It changes only when they do. */
export const visible = computed(() => {
  const found = seen(geometry.value, scrolled.value, room.value);
  const same = found.length === last.length && found.every((place, at) => place === last[at]);
  return same ? last : (last = found);
});
