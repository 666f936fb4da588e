// Draws the curves of one chart: bands from least to greatest, mean lines over them, and marks for what a line cannot
// show. All lengths are in pixels of the canvas.
import type { Cells } from "../server/frames";
import { clips } from "./clips";

export interface Curve {
  cells: Cells;
  ghost: Cells | null; // what it was before smoothing
  colour: string;
  dash: number[];
  faint: boolean; // another one's row is pointed at
  bold: boolean; // it is pointed at
}

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number; // pixels of the canvas for one of the page
  x: (value: number) => number; // as y
  y: (value: number) => number; // not finite for what has no place on the axis
  band: boolean;
  background: string;
}

const BAND = 0.22;
const GHOST = 0.3;
const FAINT = 0.18;
const FAR = 1e4;
const SPARSE = 8; // pixels for each bin, from which on points are drawn

/** Draws all curves; gives the number of values that have no place: below or at 0 on a log axis. */
export function draw(canvas: CanvasRenderingContext2D, curves: Curve[], frame: Frame): number {
  canvas.save();
  canvas.beginPath();
  canvas.rect(frame.left, frame.top, frame.width, frame.height);
  canvas.clip();
  const lit = curves.filter((curve) => !curve.faint);
  if (frame.band) for (const curve of lit) band(canvas, curve.ghost ?? curve.cells, curve.colour, frame);
  for (const { ghost, colour } of lit) if (ghost) line(canvas, ghost, colour, [], GHOST, 1, frame);
  const rank = ({ faint, bold }: Curve) => Number(bold) - Number(faint);
  for (const { cells, colour, dash, faint, bold } of [...curves].sort((a, b) => rank(a) - rank(b))) {
    line(canvas, cells, colour, dash, faint ? FAINT : 1, bold ? 2.8 : 1.6, frame);
  }
  for (const { cells, ghost, colour } of curves) bad(canvas, ghost ?? cells, colour, frame);
  for (const edge of ["top", "bottom"] as const) clips(canvas, curves, edge, frame);
  canvas.restore();
  return curves.reduce((sum, { cells }) => sum + homeless(cells, frame), 0);
}

function band(canvas: CanvasRenderingContext2D, cells: Cells, colour: string, frame: Frame): void {
  const { n, x0, x1, min, max } = cells;
  const usual = usualHeight(cells, frame);
  const quiet = new Path2D();
  const loud = new Path2D();
  for (let at = 0; at < n; at++) {
    if (!(max[at] > min[at])) continue;
    const left = Math.floor(edge(frame.x(x0[at]), frame));
    const next = at + 1 < n ? frame.x(x0[at + 1]) : Infinity;
    const end = Math.ceil(frame.x(x1[at])) + 1; // also at the edge, where the bin's last point may be the extreme
    if (end <= frame.left || left >= frame.left + frame.width) continue;
    const right = next - end < 3 * frame.ratio ? Math.max(end, Math.floor(next)) : end;
    const top = near(frame.y(max[at]), frame);
    const bottom = near(frame.y(min[at]), frame, frame.top + frame.height + FAR);
    if (!Number.isFinite(top)) continue;
    const whole = Number.isFinite(frame.y(min[at]));
    const rare = whole && bottom - top > 4 * usual && bottom - top > 12 * frame.ratio;
    if (rare) loud.rect(inSight((left + end - 1) / 2, frame), top, Math.max(1, Math.round(frame.ratio)), bottom - top);
    quiet.rect(left, top, right - left, bottom - top);
  }
  canvas.fillStyle = colour;
  canvas.globalAlpha = BAND;
  canvas.fill(quiet);
  canvas.globalAlpha = 0.85; // a spike that a band would show as a shade is a line
  canvas.fill(loud);
  canvas.globalAlpha = 1;
}

/** The pixel itself, or the nearest that is seen. */
function inSight(x: number, { left, width, ratio }: Frame): number {
  return Math.max(left, Math.min(left + width - Math.ceil(ratio), Math.floor(x)));
}

/** The height that nine of ten bins stay below. */
function usualHeight({ n, min, max }: Cells, frame: Frame): number {
  const heights = [];
  for (let at = 0; at < n; at++) if (max[at] > min[at]) heights.push(frame.y(min[at]) - frame.y(max[at]));
  const sorted = heights.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.9)] ?? 0;
}

function line(
  canvas: CanvasRenderingContext2D,
  { n, x0, x1, mean }: Cells,
  colour: string,
  dash: number[],
  alpha: number,
  width: number,
  frame: Frame,
): void {
  canvas.globalAlpha = alpha;
  canvas.strokeStyle = canvas.fillStyle = colour;
  canvas.lineWidth = width * frame.ratio;
  canvas.lineJoin = "round";
  canvas.setLineDash(dash.map((length) => length * frame.ratio));
  const points = n * SPARSE * frame.ratio < frame.width && alpha === 1;
  canvas.beginPath();
  let drawing = false;
  for (let at = 0; at < n; at++) {
    const y = near(frame.y(mean[at]), frame);
    const x = frame.x((x0[at] + x1[at]) / 2);
    const there = Number.isFinite(y) && Number.isFinite(x);
    if (there && drawing) canvas.lineTo(x, y);
    else if (there) canvas.moveTo(x, y);
    drawing = there;
  }
  canvas.stroke();
  canvas.setLineDash([]);
  for (let at = 0; at < n; at++) {
    const alone = !Number.isFinite(mean[at - 1] ?? NaN) && !Number.isFinite(mean[at + 1] ?? NaN);
    if (points || alone) dot(canvas, frame.x((x0[at] + x1[at]) / 2), frame.y(mean[at]), 2 * frame.ratio);
  }
  canvas.globalAlpha = 1;
}

function dot(canvas: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  if (!Number.isFinite(y) || !Number.isFinite(x)) return;
  canvas.beginPath();
  canvas.arc(x, y, radius, 0, 2 * Math.PI);
  canvas.fill();
}

/** Crosses above the x axis, where there are values that are NaN. */
function bad(canvas: CanvasRenderingContext2D, { n, x0, x1, nan }: Cells, colour: string, frame: Frame): void {
  const size = 2.5 * frame.ratio;
  const y = frame.top + frame.height - size - 2 * frame.ratio;
  let last = -Infinity;
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1.5 * frame.ratio;
  canvas.beginPath();
  for (let at = 0; at < n; at++) {
    const x = frame.x((x0[at] + x1[at]) / 2);
    if (!nan[at] || !(x - last >= size)) continue;
    canvas.moveTo(x - size, y - size);
    canvas.lineTo(x + size, y + size);
    canvas.moveTo(x - size, y + size);
    canvas.lineTo(x + size, y - size);
    last = x;
  }
  canvas.stroke();
}

/** The pixel where a bin begins: left of all where that has no place. */
function edge(x: number, { left }: Frame): number {
  return Number.isFinite(x) ? Math.max(left - FAR, x) : left - FAR;
}

/** A place that a canvas can still draw a line to. */
function near(y: number, frame: Frame, instead = NaN): number {
  if (Number.isNaN(y)) return instead;
  return Math.max(frame.top - FAR, Math.min(frame.top + frame.height + FAR, y));
}

/** How many points of bins have no place. */
function homeless({ n, x1, min, max, count }: Cells, frame: Frame): number {
  let found = 0;
  for (let at = 0; at < n; at++) {
    if (Number.isNaN(frame.x(x1[at]))) found += count[at];
    else if (Number.isFinite(max[at]) && Number.isNaN(frame.y(max[at]))) found += count[at];
    else if (Number.isFinite(min[at]) && Number.isNaN(frame.y(min[at]))) found += 1;
  }
  return found;
}
