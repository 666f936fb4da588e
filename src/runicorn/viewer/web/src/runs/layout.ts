// Where the rows of the table stand: each group of runs has a line of its own above it, and may be folded into it.
import type { Value } from "../server/api";

export interface Group {
  value: Value;
  count: number;
  columns: Record<string, number>; // of its runs' numbers, their mean or another aggregate
  spreads: Record<string, number | null>; // how far they lie around the mean, where that was asked for
}

/** A line of the table: the `index`th run, or the head of a group, whose first run is the `index`th. */
export type Line = { kind: "run"; index: number } | { kind: "group"; index: number; group: Group; folded: boolean };

export interface Layout {
  lines: number;
  /** The line at a place, counted from 0. */
  at(place: number): Line;
  /** The place of the `index`th run, or of its group's head where that is folded. */
  place(index: number): number;
}

/** `found` runs in these groups, which come in the order of the rows; or in none. */
export function layout(found: number, groups: Group[], isFolded: (group: Group) => boolean = () => false): Layout {
  if (!groups.length) return { lines: found, at: (index) => ({ kind: "run", index }), place: (index) => index };
  const heads: number[] = []; // the place of each group's head
  const firsts: number[] = []; // and the number of its first run
  const folded = groups.map(isFolded);
  let [place, index] = [0, 0];
  groups.forEach(({ count }, at) => {
    heads.push(place);
    firsts.push(index);
    place += folded[at] ? 1 : count + 1;
    index += count;
  });
  return {
    lines: place,
    at(wanted) {
      const group = last(heads, wanted);
      if (heads[group] < wanted) return { kind: "run", index: firsts[group] + wanted - heads[group] - 1 };
      return { kind: "group", index: firsts[group], group: groups[group], folded: folded[group] };
    },
    place(wanted) {
      const group = last(firsts, wanted);
      return folded[group] ? heads[group] : heads[group] + 1 + wanted - firsts[group];
    },
  };
}

/** The run that is `by` lines from the `index`th: heads of groups count only where they are folded. */
export function step(plan: Layout, index: number, by: number): number {
  let place = Math.max(0, Math.min(plan.lines - 1, plan.place(index) + by));
  const stands = () => {
    const line = plan.at(place);
    return line.kind === "run" || line.folded;
  };
  while (!stands() && place + Math.sign(by) >= 0 && place + Math.sign(by) < plan.lines) place += Math.sign(by);
  return plan.at(place).index;
}

/** The last of these ascending numbers that is at most `wanted`. */
function last(numbers: number[], wanted: number): number {
  let [lo, hi] = [0, numbers.length];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (numbers[middle] <= wanted) lo = middle + 1;
    else hi = middle;
  }
  return Math.max(0, lo - 1);
}
