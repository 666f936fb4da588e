// The pixels of histograms.
import { count, number } from "../../parts/format";

const ALL = 65535; // the share of all values
const MARK = 4; // pixels

export interface Histogram {
  counts: number[];
  edges: number[];
  nonfinite: number;
}

/** As the server puts histograms into common bins: see heatmap.py. */
export interface Heat {
  steps: number;
  step: number[];
  lo: number;
  hi: number;
  least: number; // of all values: few that are far off lie outside of lo … hi
  most: number;
  bins: number;
  share: string[];
  total: number[];
  nonfinite: number[];
  below: boolean[]; // whether a step has values outside
  above: boolean[];
}

/** The step of the column at a part of the width, 0 … 1. */
export function stepAt({ step }: Heat, part: number): number {
  return step[Math.max(0, Math.min(step.length - 1, Math.floor(part * step.length)))];
}

/** The last column that is not behind a step; -1 where there is none. */
export function columnOf({ step }: Heat, wanted: number): number {
  return step.findLastIndex((one) => one <= wanted);
}

/** A column's shares, of ALL. */
export function unpacked(share: string): Uint16Array {
  const bytes = Uint8Array.from(atob(share), (letter) => letter.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

/** How dark a share is, 0 … 1: the root, so that rare values are seen. */
export function darkness(share: number, most: number): number {
  return most > 0 ? Math.sqrt(Math.max(0, share) / most) : 0;
}

/** What part of a step's `total` values is from `lo` to `hi`. */
export interface Cell {
  step: number;
  lo: number;
  hi: number;
  share: number;
  total: number;
}

/** What is at a part of the width and, from above, of the height, each 0 … 1. */
export function cellAt(heat: Heat, across: number, down: number): Cell {
  const { lo, hi, bins } = heat;
  const within = (part: number, most: number) => Math.max(0, Math.min(most - 1, Math.floor(part * most)));
  const [column, bin] = [within(across, heat.step.length), within(1 - down, bins)];
  const edge = (at: number) => lo + ((hi - lo) * at) / bins;
  const share = unpacked(heat.share[column])[bin] / ALL;
  return { step: heat.step[column], lo: edge(bin), hi: edge(bin + 1), share, total: heat.total[column] };
}

/** The largest share of all. */
export function fullest({ share }: Heat): number {
  return Math.max(0, ...share.map((column) => Math.max(0, ...unpacked(column)))) / ALL;
}

export function drawHeat(canvas: HTMLCanvasElement, heat: Heat, step: number | null, height: number): void {
  const context = sized(canvas, height);
  const { clientWidth: width } = canvas;
  const shares = heat.share.map(unpacked);
  const most = Math.max(0, ...shares.map((column) => Math.max(0, ...column)));
  const colour = style(canvas, "--run-6");
  const wide = width / (heat.step.length || 1);
  context.fillStyle = colour;
  shares.forEach((column, at) => {
    const [left, right] = [Math.round(at * wide), Math.round((at + 1) * wide)];
    const edge = (bin: number) => Math.round(height - (bin * height) / column.length);
    column.forEach((share, bin) => {
      if (!share) return;
      context.globalAlpha = darkness(share, most);
      context.fillRect(left, edge(bin + 1), right - left, edge(bin) - edge(bin + 1));
    });
  });
  context.globalAlpha = 1;
  context.fillStyle = style(canvas, "--text");
  heat.step.forEach((_, at) => {
    if (heat.above[at]) triangle(context, (at + 0.5) * wide, 0, MARK);
    if (heat.below[at]) triangle(context, (at + 0.5) * wide, height, -MARK);
  });
  const at = step === null ? -1 : columnOf(heat, step);
  if (at < 0) return;
  context.strokeStyle = style(canvas, "--text");
  context.strokeRect(Math.floor(at * wide) + 0.5, 0.5, Math.max(2, wide) - 1, height - 1);
}

/** Points at what lies outside, as charts do. */
function triangle(context: CanvasRenderingContext2D, x: number, rim: number, size: number): void {
  context.beginPath();
  context.moveTo(x, rim);
  context.lineTo(x - Math.abs(size), rim + 1.5 * size);
  context.lineTo(x + Math.abs(size), rim + 1.5 * size);
  context.fill();
}

/** What lies outside, in words; "" where nothing does. */
export function outside({ below, above, least, most }: Heat): string {
  const steps = (there: boolean[]) => `${count(there.filter(Boolean).length)} ${there.filter(Boolean).length === 1 ? "step" : "steps"}`;
  const up = above.includes(true) && `▲ ${steps(above)} with values up to ${number(most)}`;
  const down = below.includes(true) && `▼ ${steps(below)} with values down to ${number(least)}`;
  return [up, down].filter(Boolean).join(", ");
}

/** A histogram as bars that lie: values from `lo` to `hi` are from below to above. */
export function drawBars(canvas: HTMLCanvasElement, { counts, edges }: Histogram, lo: number, hi: number, height: number): void {
  const context = sized(canvas, height);
  const densities = counts.map((one, at) => Number(one) / (Number(edges[at + 1]) - Number(edges[at]) || 1));
  const most = Math.max(...densities);
  const place = (edge: number) => height * (1 - (Number(edge) - lo) / (hi - lo || 1));
  context.fillStyle = style(canvas, "--run-6");
  densities.forEach((density, at) => {
    if (!density) return;
    const [above, below] = [place(edges[at + 1]), place(edges[at])];
    context.fillRect(0, above, Math.max(1, (density / most) * canvas.clientWidth), Math.max(1, below - above - 0.5));
  });
}

/** The bin of a histogram that a value is in. */
export function binAt({ edges }: Histogram, value: number): number | undefined {
  const at = edges.findLastIndex((edge) => Number(edge) <= value);
  return at < 0 || at >= edges.length - 1 ? undefined : at;
}

/** A canvas with a pixel for each of the screen's, empty. */
export function sized(canvas: HTMLCanvasElement, height: number): CanvasRenderingContext2D {
  Object.assign(canvas, { width: Math.round(canvas.clientWidth * devicePixelRatio), height: Math.round(height * devicePixelRatio) });
  const context = canvas.getContext("2d")!;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return context;
}

function style(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name);
}
