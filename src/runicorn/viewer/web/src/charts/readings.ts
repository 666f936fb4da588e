// What the lines of a chart say at a place of x.
import { count, duration, moment, number } from "../parts/format";
import type { Cells } from "../server/frames";
import { binAt } from "./bins";
import type { Found } from "./curves";

const MOST = 8;

/** What a line says there. */
export interface Reading {
  id: string;
  name: string;
  slot: number;
  runs: number;
  value: number;
  min: number;
  max: number;
  points: number;
  at: string; // where the value is, if that is elsewhere: the line has no point at that place
}

/** The values of the lines at x: the nearest to `y`, greatest first. */
export function readings(found: Found[], axis: string, x: number, y: number): { lines: Reading[]; more: number } {
  const all = found.flatMap((one) => reading(one, axis, x) ?? []);
  const far = ({ value }: Reading) => (Number.isNaN(value) ? Infinity : Math.abs(value - y));
  const nearest = all.sort((a, b) => far(a) - far(b)).slice(0, MOST);
  return { lines: nearest.sort((a, b) => b.value - a.value), more: all.length - nearest.length };
}

/** The value of a line at x, or else of its nearest point; null before its first and behind its last. `before`: of the
 * last point up to x instead, as tables and rollouts have it. */
export function reading({ cells, id, name, slot, runs }: Found, axis: string, x: number, before = false): Reading | null {
  const told = axis === "step" ? Math.round(x) : x;
  const bin = before ? binAt(cells, Math.min(told, cells.x1[cells.n - 1])) : nearest(cells, told);
  if (bin < 0) return null;
  const value = { value: cells.mean[bin], min: cells.min[bin], max: cells.max[bin], points: cells.count[bin] };
  const where = place(axis, Math.max(cells.x0[bin], Math.min(told, cells.x1[bin])));
  return { id, name, slot, runs, ...value, at: where === place(axis, told) ? "" : where };
}

/** The bin that x is in, or the nearest one. */
function nearest(cells: Cells, x: number): number {
  const at = binAt(cells, x);
  const between = at >= 0 && at + 1 < cells.n && x > cells.x1[at];
  return between && cells.x0[at + 1] - x < x - cells.x1[at] ? at + 1 : at;
}

/** A place on the x axis in words. */
export function place(axis: string, x: number): string {
  if (axis === "time") return moment(x);
  if (axis === "relative") return duration(x);
  return axis === "step" ? `step ${count(x)}` : `${axis} ${number(x)}`;
}
