// The shown runs in groups, each of which can be one line.
import { computed } from "@preact/signals";
import { value } from "../parts/format";
import { assign } from "../runs/colours";
import { short } from "../runs/kinds";
import type { Row } from "../runs/result";
import { alone, shown, slots } from "../runs/shown";
import { part } from "../state/view";

export const CENTRES = ["mean", "median", "min", "max"];
export const BANDS = ["range", "std", "sem", "ci95", "iqr"];

export interface Group {
  name: string;
  runs: string[];
  slot: number; // colour and dashes
}

const look = part(({ group, lines, x }) => ({ group, lines, x }));

/** Whether groups are drawn and not runs: of several runs, and over steps only. */
export const areDrawn = computed(() => alone.value === null && look.value.lines !== "" && look.value.x === "step");

/** The colour and dashes of each run: its own, or its group's. */
export const looks = computed(() => {
  if (!areDrawn.value) return slots.value;
  return new Map(grouped(shown.value, look.value.group).flatMap(({ runs, slot }) => runs.map((run) => [run, slot])));
});

/** Runs by the value of a key; without one they are all in one group. */
export function grouped(rows: Row[], key: string): Group[] {
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const name = key ? `${short(key)} ${value(row[key]) || "none"}` : "all that are drawn";
    found.set(name, [...(found.get(name) ?? []), row.run]);
  }
  const slots = assign([...found.keys()], new Map());
  return [...found].map(([name, runs]) => ({ name, runs, slot: slots.get(name)! }));
}
