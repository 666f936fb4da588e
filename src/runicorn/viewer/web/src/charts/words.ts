// What is said of a chart: in its head, and to those who do not see it.
import { count, duration, number } from "../parts/format";
import { binAt } from "./bins";
import type { Found } from "./curves";
import type { Picture } from "./plot";

const MOST = 10; // lines that are told of one by one

/** How much of x a pixel stands for, where a bin is wider than a point, and how many points there are at one step, such as
 * one of each of the run's `ranks`; of groups, in how wide bins they are. */
export function badge(found: Found[], { x, axis, logX }: Picture, inner: number, ranks = 0): string {
  let [wide, most, grouped] = [1, 1, false];
  for (const { cells, runs } of found) {
    grouped ||= runs > 1;
    cells.count.forEach((points, at) => {
      const across = cells.x1[at] - cells.x0[at] + 1;
      wide = Math.max(wide, across);
      if (across === 1) most = Math.max(most, points); // in a wider one not each step need have some
    });
  }
  const each = (x[1] - x[0]) / inner;
  const steps = axis === "step";
  if (wide > 1 && (grouped || (steps && each < 1))) return `means of ${count(wide)} steps`;
  if (logX || grouped) return "";
  const pixel = axis === "time" || axis === "relative" ? duration(each) : number(each, 2) + (steps ? " steps" : "");
  const several = most === ranks ? `mean of ${most} ranks` : `up to ${most} points a step`;
  return [wide > 1 && `1 px = ${pixel}`, steps && most > 1 && several].filter(Boolean).join(", ");
}

/** The chart in words. */
export function summary(metric: string, found: Found[]): string {
  const all = found.filter(({ cells }) => cells.n);
  if (!all.length) return `${metric}: nothing yet`;
  let [least, most] = [Infinity, -Infinity];
  for (const { cells } of all) {
    cells.min.forEach((one) => one < least && (least = one));
    cells.max.forEach((one) => one > most && (most = one));
  }
  const runs = found.reduce((sum, one) => sum + one.runs, 0);
  const lines = all.slice(0, MOST).map(({ name, cells }) => {
    const [first, last] = [cells.mean[binAt(cells, cells.x0[0])], cells.mean[cells.n - 1]];
    return `; ${name}: ${number(first)} at first, ${number(last)} at last`;
  });
  return `${metric} of ${runs} ${runs === 1 ? "run" : "runs"}, from ${number(least)} to ${number(most)}${lines.join("")}`;
}
