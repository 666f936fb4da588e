// What a chart draws: for each run that is shown, or each group of them, the bins of a metric.
import type { Ask } from "../server/api";
import type { Cells, Column } from "../server/frames";
import type { View } from "../state/url";
import type { Row } from "../runs/result";
import type { Group } from "./groups";
import { cellsOf } from "./loader";

const MOST_POINTS = 4000;
const STEP = 128; // widths that differ by less than this are asked for alike
const FEW = 3;

/** One line of a chart. */
export interface Found {
  id: string;
  name: string;
  slot: number; // its colour and dashes
  runs: number; // that it stands for
  cells: Cells;
  ghost: Cells | null; // as it was before smoothing
}

/** What has come of a metric. */
export interface Curves {
  found: Found[];
  missing: boolean; // more will come
  error: string; // why some of it cannot be had
}

export type Axis = Pick<View, "x" | "range" | "smooth">;

/** A line for each run, as far as they have come. */
export function ofRuns(rows: Row[], slots: Map<string, number>, metric: string, axis: Axis, width: number): Curves {
  const result: Curves = { found: [], missing: false, error: "" };
  const points = detail(width, rows.length);
  for (const row of rows) {
    const name = row.alias || row.run;
    const have = (smooth: string) => {
      const cells = taken(runAsk(row, metric, { ...axis, smooth }, points), name, result);
      return cells && shifted(cells, row, axis);
    };
    const cells = have(axis.smooth);
    const ghost = axis.smooth ? have("") : null;
    if (cells?.n) result.found.push({ id: row.run, name, slot: slots.get(row.run) ?? 0, runs: 1, cells, ghost });
  }
  return result;
}

/** A line for each group, over steps. */
export function ofGroups(groups: Group[], lines: string, metric: string, axis: Axis, width: number): Curves {
  const result: Curves = { found: [], missing: false, error: "" };
  const [centre, band] = lines.split(":");
  const points = detail(width, groups.length);
  for (const { name, runs, slot } of groups) {
    const cells = taken({ runs, metric, centre, band, ...bins(axis, points) }, name, result);
    if (cells?.n) result.found.push({ id: name, name, slot, runs: runs.length, cells, ghost: null });
  }
  return result;
}

function taken(ask: Ask, name: string, result: Curves): Cells | null {
  const cells = cellsOf(ask);
  result.missing ||= cells === undefined;
  if (cells && "error" in cells) result.error ||= `${name}: ${cells.error}`;
  return cells && !("error" in cells) ? cells : null;
}

function runAsk(row: Row, metric: string, axis: Axis, points: number): Ask {
  const relative = axis.x === "relative";
  return { run: row.run, metric, x: relative ? "time" : axis.x, ...bins(axis, points, relative ? began(row) : 0) };
}

/** How many bins a line has: about one for a pixel, and for many lines, that cover each other, half as many. */
function detail(width: number, lines: number): number {
  const steps = lines > FEW ? Math.floor(width / STEP) : Math.ceil(width / STEP);
  return Math.min(MOST_POINTS, Math.max(1, steps) * STEP);
}

/** How many bins, and of which part of x; `start`: what x is told from. */
function bins({ range, smooth }: Axis, points: number, start = 0) {
  const smoothed = smooth ? { smooth } : {};
  if (!range) return { points, ...smoothed };
  // As much again around it: lines go on beyond the edge, and a small move shows what is there already.
  const around = (range[1] - range[0]) / 2;
  return { points: 2 * points, ...smoothed, lo: range[0] - around + start, hi: range[1] + around + start };
}

const moved = new WeakMap<Cells, Cells>();

/** On the axis of time since the run began. */
function shifted(cells: Cells, row: Row, { x }: Axis): Cells {
  if (x !== "relative") return cells;
  let result = moved.get(cells);
  if (!result) {
    const back = (column: Column) => Float64Array.from(column, (value) => value - began(row));
    result = { ...cells, x0: back(cells.x0), x1: back(cells.x1) };
    moved.set(cells, result);
  }
  return result;
}

function began(row: Row): number {
  return typeof row.started_at === "number" ? row.started_at : 0;
}
