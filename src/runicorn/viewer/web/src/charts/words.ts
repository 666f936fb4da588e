// What is said of a chart: in its head, and to those who do not see it.
import { count, duration, number } from "../parts/format";
import { binAt } from "./bins";
import type { Found } from "./curves";
import type { Picture } from "./plot";

const MOST = 10; // lines that are told of one by one

/** How much of x a pixel stands for, where that is more than a point; of groups, in how wide bins they are. */
export function badge(found: Found[], { x, axis, logX }: Picture, inner: number): string {
  const widest = Math.max(0, ...found.map(({ cells, runs }) => (runs > 1 && cells.n ? cells.x1[0] - cells.x0[0] + 1 : 0)));
  if (widest > 1) return `means of ${count(widest)} steps`;
  if (logX || !found.some(({ runs, cells }) => runs > 1 || cells.count.some((one) => one > 1))) return "";
  const each = (x[1] - x[0]) / inner;
  if (axis === "step") return `1 px = ${each < 10 ? number(each, 2) : count(each)} steps`;
  return `1 px = ${axis === "time" || axis === "relative" ? duration(each) : number(each, 2)}`;
}

/** The chart in words. */
export function summary(metric: string, found: Found[]): string {
  const all = found.filter(({ cells }) => cells.n);
  if (!all.length) return `${metric}: nothing yet`;
  let [least, most] = [Infinity, -Infinity];
  for (const { cells } of all) {
    for (let at = 0; at < cells.n; at++) {
      if (cells.min[at] < least) least = cells.min[at];
      if (cells.max[at] > most) most = cells.max[at];
    }
  }
  const runs = found.reduce((sum, one) => sum + one.runs, 0);
  const lines = all.slice(0, MOST).map(({ name, cells }) => {
    const [first, last] = [cells.mean[binAt(cells, cells.x0[0])], cells.mean[cells.n - 1]];
    return `; ${name}: ${number(first)} at first, ${number(last)} at last`;
  });
  return `${metric} of ${runs} ${runs === 1 ? "run" : "runs"}, from ${number(least)} to ${number(most)}${lines.join("")}`;
}
