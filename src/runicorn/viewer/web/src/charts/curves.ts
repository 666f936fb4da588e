// What a chart draws: for each run that is shown, or each group of them, the bins of a metric.
import type { Ask } from "../server/api";
import type { Cells, Column } from "../server/frames";
import type { Row } from "../runs/result";
import type { Group } from "./groups";
import { cellsOf } from "./loader";
import type { Settings } from "./settings";

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
  of: string; // what x and lines were when this was asked for
  found: Found[]; // those that have not come yet stand as they were before, where that is on the same axis
  missing: boolean; // more will come
  error: string; // why some of it cannot be had
}

export type Axis = Pick<Settings, "x" | "logX" | "range" | "smooth">;

/** A line for each run, as far as they have come. */
export function ofRuns(rows: Row[], slots: Map<string, number>, metric: string, axis: Axis, width: number, before: Curves | null): Curves {
  const result: Curves = { of: axis.x, found: [], missing: false, error: "" };
  const old = known(before, result.of);
  const points = detail(width, rows.length);
  for (const row of rows) {
    const name = nameOf(row, rows);
    const have = (smooth: string) => {
      const cells = taken(runAsk(row, metric, { ...axis, smooth }, points), name, result);
      return cells && shifted(cells, row, axis);
    };
    const was = old.get(row.run);
    const fresh = have(axis.smooth);
    const cells = fresh === undefined ? was?.cells : fresh;
    const behind = axis.smooth ? have("") : null;
    const ghost = (behind === undefined ? was?.ghost : behind) ?? null;
    if (cells?.n) result.found.push({ id: row.run, name, slot: slots.get(row.run) ?? 0, runs: 1, cells, ghost });
  }
  return result;
}

/** A run's alias; with its path where others have the same. */
function nameOf({ run, alias, path }: Row, rows: Row[]): string {
  if (!alias) return run;
  return rows.filter((row) => row.alias === alias).length > 1 ? `${alias} · ${path}` : alias;
}

/** A line for each group, over steps. */
export function ofGroups(groups: Group[], lines: string, metric: string, axis: Axis, width: number, before: Curves | null): Curves {
  const result: Curves = { of: `${axis.x} ${lines}`, found: [], missing: false, error: "" };
  const old = known(before, result.of);
  const [centre, band] = lines.split(":");
  const points = detail(width, groups.length);
  for (const { name, runs, slot } of groups) {
    const fresh = taken({ runs, metric, centre, band, ...bins(axis, points) }, name, result);
    const cells = fresh === undefined ? old.get(name)?.cells : fresh;
    if (cells?.n) result.found.push({ id: name, name, slot, runs: runs.length, cells, ghost: null });
  }
  return result;
}

/** The lines that were there before, by their ids, where they were on the same axis. */
function known(before: Curves | null, of: string): Map<string, Found> {
  return new Map(before?.of === of ? before.found.map((one) => [one.id, one]) : []);
}

/** Bins as they came; undefined: not yet, null: they cannot be had. */
function taken(ask: Ask, name: string, result: Curves): Cells | null | undefined {
  const cells = cellsOf(ask);
  result.missing ||= cells === undefined;
  if (cells && "error" in cells) result.error ||= `${name}: ${cells.error}`;
  return cells && "error" in cells ? null : cells;
}

function runAsk(row: Row, metric: string, axis: Axis, points: number): Ask {
  const relative = axis.x === "relative";
  const scale = axis.logX ? { scale: "log" } : {};
  return { run: row.run, metric, x: relative ? "time" : axis.x, ...scale, ...bins(axis, points, relative ? began(row) : 0) };
}

/** How many bins a line has: about one for a pixel, and for many lines, that cover each other, half as many. */
function detail(width: number, lines: number): number {
  const steps = lines > FEW ? Math.floor(width / STEP) : Math.ceil(width / STEP);
  return Math.min(MOST_POINTS, Math.max(1, steps) * STEP);
}

/** How many bins, and of which part of x; `start`: what x is told from. */
function bins({ range, logX, smooth }: Axis, points: number, start = 0) {
  const smoothed = smooth ? { smooth } : {};
  if (!range) return { points, ...smoothed };
  if (logX) return { points, ...smoothed, lo: range[0] / 2, hi: range[1] * 2 };
  // As much again around it: lines go on beyond the edge, and a small move shows what is there already. From and to a
  // round number: who moves on asks for nothing new with each pixel.
  const around = (range[1] - range[0]) / 2;
  const round = 2 ** Math.floor(Math.log2(around / 2));
  const lo = Math.floor((range[0] - around) / round) * round;
  const hi = Math.ceil((range[1] + around) / round) * round;
  return { points: Math.ceil(2.5 * points), ...smoothed, lo: lo + start, hi: hi + start };
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
