// Finds a place in the bins of a series.
import type { Cells } from "../server/frames";

/** The bin at x, or the last one before it; -1 before the first, and behind the last. */
export function binAt({ n, x0, x1 }: Cells, x: number): number {
  let [lo, hi] = [0, n];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (x0[middle] <= x) lo = middle + 1;
    else hi = middle;
  }
  return n && x > x1[n - 1] ? -1 : lo - 1;
}

