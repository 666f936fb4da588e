// The point that a key moves the cursor to.
import type { Cells } from "../server/frames";

/** The place of a point that is nearest to the one that is wanted, and lies behind `before` as `by` says; null: none does. */
export function ahead(wanted: number, by: number, before: number | null, all: Cells[]): number | null {
  let best: number | null = null;
  for (const { n, x0, x1 } of all) {
    for (let at = 0; at < n; at++) {
      for (const place of [x0[at], x1[at]]) {
        const isAhead = before === null || (place - before) * by > 0;
        if (isAhead && (best === null || Math.abs(place - wanted) < Math.abs(best - wanted))) best = place;
      }
    }
  }
  return best;
}
