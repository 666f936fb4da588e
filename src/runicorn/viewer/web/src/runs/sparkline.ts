// A small picture of a metric: a line through the least and the greatest value of each bin, so that none is hidden.
import type { Cells } from "../server/frames";

/** The line as a path in a box of this size; "" where there are no values. Gaps where all are NaN. */
export function sparkline({ n, x0, x1, min, max }: Cells, width: number, height: number): string {
  const finite: number[] = [];
  for (let at = 0; at < n; at++) finite.push(...[min[at], max[at]].filter(Number.isFinite));
  if (!finite.length) return "";
  const [lo, hi] = [Math.min(...finite), Math.max(...finite)];
  const [from, to] = [x0[0], x1[n - 1]];
  const right = (x: number) => (to > from ? ((x - from) / (to - from)) * width : width / 2);
  const down = (y: number) => (hi > lo ? (1 - (Math.max(lo, Math.min(hi, y)) - lo) / (hi - lo)) * height : height / 2);
  let path = "";
  let before: number | null = null; // the y that the line has come to
  for (let at = 0; at < n; at++) {
    const x = rounded(right((x0[at] + x1[at]) / 2));
    const ends = [min[at], max[at]].map((y) => rounded(down(y)));
    if (ends.some(Number.isNaN)) {
      before = null;
      continue;
    }
    // First to the end that is nearer, so that the line crosses the bin once.
    if (before !== null && Math.abs(ends[1] - before) < Math.abs(ends[0] - before)) ends.reverse();
    path += `${before === null ? "M" : "L"}${x} ${ends[0]}`;
    if (ends[1] !== ends[0] || before === null) path += `L${x} ${ends[1]}`;
    before = ends[1];
  }
  return path;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
