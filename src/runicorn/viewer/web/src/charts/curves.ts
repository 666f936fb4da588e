// What a chart draws: for each run that is shown, the bins of its metric on the x axis that is chosen.
import type { Ask } from "../server/api";
import type { Cells, Column } from "../server/frames";
import type { View } from "../state/url";
import type { Row } from "../runs/result";
import { cellsOf } from "./loader";

const MOST_POINTS = 4000;
const STEP = 128; // widths that differ by less than this are asked for alike

export interface Found {
  row: Row;
  cells: Cells;
  ghost: Cells | null;
}

export type Axis = Pick<View, "x" | "range" | "smooth">;

/** What to ask for, so that a chart of `width` pixels can draw a run's metric. */
export function ask(row: Row, metric: string, { x, range, smooth }: Axis, width: number): Ask {
  const points = Math.min(MOST_POINTS, Math.ceil(width / STEP) * STEP);
  const base = { run: row.run, metric, points, x: x === "relative" ? "time" : x, ...(smooth && { smooth }) };
  if (!range) return base;
  // As much again around it: lines go on beyond the edge, and a small move shows what is there already.
  const around = (range[1] - range[0]) / 2;
  const start = x === "relative" ? began(row) : 0;
  return { ...base, points: 2 * points, lo: range[0] - around + start, hi: range[1] + around + start };
}

/** What has come of a metric. */
export interface Curves {
  found: Found[];
  missing: boolean; // more will come
  error: string; // why some of it cannot be had
}

/** The curves of a metric, as far as they have come. */
export function curves(rows: Row[], metric: string, axis: Axis, width: number): Curves {
  const result: Curves = { found: [], missing: false, error: "" };
  const have = (row: Row, smooth: string) => {
    const cells = cellsOf(ask(row, metric, { ...axis, smooth }, width));
    result.missing ||= cells === undefined;
    if (cells && "error" in cells) result.error ||= `${row.alias || row.run}: ${cells.error}`;
    return cells && !("error" in cells) ? shifted(cells, row, axis) : null;
  };
  for (const row of rows) {
    const cells = have(row, axis.smooth);
    const ghost = axis.smooth ? have(row, "") : null;
    if (cells?.n) result.found.push({ row, cells, ghost });
  }
  return result;
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
