// Where the rows of the table stand: each group of runs has a line of its own above it.
import type { Value } from "../server/api";

export interface Group {
  value: Value;
  count: number;
}

/** A line of the table: the `index`th run, or the head of a group. */
export type Line = { kind: "run"; index: number } | { kind: "group"; group: Group };

export interface Layout {
  lines: number;
  /** The line at a place, counted from 0. */
  at(place: number): Line;
  /** The place of the `index`th run. */
  place(index: number): number;
}

/** `found` runs in these groups, which come in the order of the rows; or in none. */
export function layout(found: number, groups: Group[]): Layout {
  if (!groups.length) return { lines: found, at: (index) => ({ kind: "run", index }), place: (index) => index };
  const heads: number[] = []; // the place of each group's head
  let place = 0;
  for (const group of groups) {
    heads.push(place);
    place += group.count + 1;
  }
  const before = (wanted: (head: number, at: number) => boolean) => {
    let [lo, hi] = [0, groups.length];
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (wanted(heads[middle], middle)) lo = middle + 1;
      else hi = middle;
    }
    return lo - 1;
  };
  return {
    lines: place,
    at(wanted) {
      const group = before((head) => head <= wanted);
      if (heads[group] === wanted) return { kind: "group", group: groups[group] };
      return { kind: "run", index: wanted - group - 1 };
    },
    place: (index) => index + before((head, at) => head - at <= index) + 1,
  };
}
