// Where the bins of a curve stand on the canvas: looked up once, for all that is drawn of them.
import type { Cells } from "../server/frames";
import type { Frame } from "./draw";

/** Those bins that are seen, and one beside them at each end. In pixels; NaN is what has no place. */
export interface Placed {
  n: number;
  left: Float64Array; // of x0
  right: Float64Array; // of x1
  middle: Float64Array;
  top: Float64Array; // of the greatest value
  bottom: Float64Array; // of the least
  mean: Float64Array;
  /** As in Cells. */
  min: Cells["min"];
  max: Cells["max"];
  nan: Cells["nan"];
}

export function place(cells: Cells, { x, y, from, to }: Frame): Placed {
  const first = Math.max(0, count(cells.n, (at) => cells.x1[at] < from) - 1);
  const stop = Math.min(cells.n, count(cells.n, (at) => cells.x0[at] <= to) + 1);
  const n = Math.max(0, stop - first);
  const made = () => new Float64Array(n);
  const [left, right, middle, top, bottom, mean] = [made(), made(), made(), made(), made(), made()];
  for (let at = 0; at < n; at++) {
    const [x0, x1] = [cells.x0[first + at], cells.x1[first + at]];
    left[at] = x(x0);
    right[at] = x(x1);
    middle[at] = x((x0 + x1) / 2);
    top[at] = y(cells.max[first + at]);
    bottom[at] = y(cells.min[first + at]);
    mean[at] = y(cells.mean[first + at]);
  }
  const seen = (name: "min" | "max" | "nan") => cells[name].subarray(first, first + n);
  return { n, left, right, middle, top, bottom, mean, min: seen("min"), max: seen("max"), nan: seen("nan") };
}

/** How many of the first `n` there are before it holds no more. */
function count(n: number, holds: (at: number) => boolean): number {
  let [lo, hi] = [0, n];
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (holds(middle)) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
