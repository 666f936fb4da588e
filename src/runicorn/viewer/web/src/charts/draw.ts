// Draws the curves of one chart: bands from least to greatest, mean lines over them, and marks for what a line cannot
// show. All lengths are in pixels of the canvas.
import type { Cells } from "../server/frames";
import { clips } from "./clips";
import { place, type Placed } from "./placed";

export interface Curve {
  cells: Cells;
  ghost: Cells | null; // what it was before smoothing
  colour: string;
  dash: number[];
  faint: boolean; // another one's row is pointed at
  bold: boolean; // it is pointed at
  several: boolean; // it stands for several runs, whose band goes on between its points
}

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number; // pixels of the canvas for one of the page
  from: number; // the x at the left edge
  to: number;
  x: (value: number) => number; // as y
  y: (value: number) => number; // not finite for what has no place on the axis
  logarithmic: boolean; // one of the axes is, where some values have no place
  band: boolean;
  background: string;
}

const BAND = 0.22;
const GHOST = 0.3;
const FAINT = 0.18;
const FAR = 1e4;
const SPARSE = 8; // pixels for each bin, from which on points are drawn
const TOLD = 64; // bins that tell how high those of a curve usually are

/** A curve and where it stands; `raw`: before smoothing. */
export interface Drawn extends Curve {
  at: Placed;
  raw: Placed;
}

/** Draws all curves; gives the number of values that have no place: below or at 0 on a log axis. */
export function draw(canvas: CanvasRenderingContext2D, curves: Curve[], frame: Frame): number {
  canvas.save();
  canvas.beginPath();
  canvas.rect(frame.left, frame.top, frame.width, frame.height);
  canvas.clip();
  const all = curves.map((curve): Drawn => {
    const at = place(curve.cells, frame);
    return { ...curve, at, raw: curve.ghost ? place(curve.ghost, frame) : at };
  });
  const lit = all.filter((curve) => !curve.faint);
  if (frame.band) for (const { raw, colour, several } of lit) band(canvas, raw, colour, frame, several);
  for (const { ghost, raw, colour } of lit) if (ghost) line(canvas, raw, colour, [], GHOST, 1, frame);
  const rank = ({ faint, bold }: Curve) => Number(bold) - Number(faint);
  for (const { at, colour, dash, faint, bold } of [...all].sort((a, b) => rank(a) - rank(b))) {
    line(canvas, at, colour, dash, faint ? FAINT : 1, bold ? 2.8 : 1.6, frame);
  }
  for (const { raw, colour } of all) bad(canvas, raw, colour, frame);
  for (const edge of ["top", "bottom"] as const) clips(canvas, all, edge, frame);
  canvas.restore();
  return frame.logarithmic ? curves.reduce((sum, { cells }) => sum + homeless(cells, frame), 0) : 0;
}

function band(canvas: CanvasRenderingContext2D, placed: Placed, colour: string, frame: Frame, several: boolean): void {
  const { n, min, max } = placed;
  const usual = usualHeight(placed);
  const quiet = new Path2D();
  const loud = new Path2D();
  for (let at = 0; at < n; at++) {
    if (!(max[at] > min[at])) continue;
    const left = Math.floor(edge(placed.left[at], frame));
    const next = at + 1 < n ? placed.left[at + 1] : Infinity;
    const end = Math.ceil(placed.right[at]) + 1; // also at the edge, where the bin's last point may be the extreme
    if (end <= frame.left || left >= frame.left + frame.width) continue;
    const right = next - end < 3 * frame.ratio ? Math.max(end, Math.floor(next)) : end;
    const top = near(placed.top[at], frame);
    const bottom = near(placed.bottom[at], frame, frame.top + frame.height + FAR);
    if (!Number.isFinite(top)) continue;
    const whole = Number.isFinite(placed.bottom[at]);
    const rare = whole && bottom - top > 4 * usual && bottom - top > 12 * frame.ratio;
    if (rare) loud.rect(inSight((left + end - 1) / 2, frame), top, Math.max(1, Math.round(frame.ratio)), bottom - top);
    quiet.rect(left, top, right - left, bottom - top);
    // A bin of one step that has several values is of ranks.
    const ranks = placed.left[at] === placed.right[at] && max[at + 1] > min[at + 1];
    if ((several || ranks) && right < next && next < Infinity) between(quiet, placed, at, right, frame);
  }
  canvas.fillStyle = colour;
  canvas.globalAlpha = BAND;
  canvas.fill(quiet);
  canvas.globalAlpha = 0.85; // a spike that a band would show as a shade is a line
  canvas.fill(loud);
  canvas.globalAlpha = 1;
}

/** From the edge of a bin to where the next one begins. */
function between(path: Path2D, { left, top, bottom }: Placed, at: number, right: number, frame: Frame): void {
  const far = frame.top + frame.height + FAR;
  const [high, low] = [near(top[at + 1], frame), near(bottom[at + 1], frame, far)];
  if (!Number.isFinite(high) || !Number.isFinite(low)) return;
  path.moveTo(right, near(top[at], frame));
  path.lineTo(Math.floor(left[at + 1]), high);
  path.lineTo(Math.floor(left[at + 1]), low);
  path.lineTo(right, near(bottom[at], frame, far));
  path.closePath();
}

/** The pixel itself, or the nearest that is seen. */
function inSight(x: number, { left, width, ratio }: Frame): number {
  return Math.max(left, Math.min(left + width - Math.ceil(ratio), Math.floor(x)));
}

/** The height that nine of ten bins stay below. */
function usualHeight({ n, top, bottom }: Placed): number {
  const heights = [];
  const each = Math.ceil(n / TOLD);
  for (let at = 0; at < n; at += each) if (bottom[at] - top[at] > 0 && Number.isFinite(bottom[at] - top[at])) heights.push(bottom[at] - top[at]);
  heights.sort((a, b) => a - b);
  return heights[Math.floor(heights.length * 0.9)] ?? 0;
}

function line(
  canvas: CanvasRenderingContext2D,
  { n, middle, mean }: Placed,
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
    const y = near(mean[at], frame);
    const there = Number.isFinite(y) && Number.isFinite(middle[at]);
    if (there && drawing) canvas.lineTo(middle[at], y);
    else if (there) canvas.moveTo(middle[at], y);
    drawing = there;
  }
  canvas.stroke();
  canvas.setLineDash([]);
  for (let at = 0; at < n; at++) {
    const alone = !Number.isFinite(mean[at - 1] ?? NaN) && !Number.isFinite(mean[at + 1] ?? NaN);
    if (points || alone) dot(canvas, middle[at], mean[at], 2 * frame.ratio);
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
function bad(canvas: CanvasRenderingContext2D, { n, middle, nan }: Placed, colour: string, frame: Frame): void {
  const size = 2.5 * frame.ratio;
  const y = frame.top + frame.height - size - 2 * frame.ratio;
  let last = -Infinity;
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1.5 * frame.ratio;
  canvas.beginPath();
  for (let at = 0; at < n; at++) {
    const x = middle[at];
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
