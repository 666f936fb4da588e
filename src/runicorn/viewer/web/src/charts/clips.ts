// Marks at the edge of a chart, where values are beyond it.
import { number } from "../parts/format";
import type { Drawn, Frame } from "./draw";

/** A place where values are beyond the edge: how many bins, and the furthest value. */
interface Clip {
  at: number;
  bins: number;
  value: number;
  colour: string;
}

const MERGED = 28; // pixels: marks of a curve that are nearer than this are one

/** Triangles at an edge, with the furthest values; where values would cover each other, the furthest is told. */
export function clips(canvas: CanvasRenderingContext2D, curves: Drawn[], edge: "top" | "bottom", frame: Frame): void {
  const up = edge === "top";
  const rim = up ? frame.top : frame.top + frame.height;
  const marks = curves.flatMap((curve) => clipped(curve, up, rim, frame));
  const taken: [number, number][] = [];
  for (const mark of marks.sort((a, b) => (up ? b.value - a.value : a.value - b.value))) {
    triangle(canvas, mark, rim, up, frame);
    label(canvas, mark, rim, up, frame, taken);
  }
}

function clipped({ raw, colour }: Drawn, up: boolean, rim: number, frame: Frame): Clip[] {
  const [values, places] = up ? [raw.max, raw.top] : [raw.min, raw.bottom];
  const marks: Clip[] = [];
  for (let at = 0; at < raw.n; at++) {
    if (!(up ? places[at] < rim : places[at] > rim)) continue;
    const [x, value] = [raw.middle[at], values[at]];
    if (x < frame.left || x > frame.left + frame.width) continue;
    const mark = marks.find((one) => Math.abs(one.at - x) < MERGED * frame.ratio);
    if (!mark) marks.push({ at: x, bins: 1, value, colour });
    else {
      mark.bins++;
      if (up ? value > mark.value : value < mark.value) [mark.value, mark.at] = [value, x];
    }
  }
  return marks;
}

function triangle(canvas: CanvasRenderingContext2D, { at, colour }: Clip, rim: number, up: boolean, frame: Frame): void {
  const size = 5 * frame.ratio;
  const down = up ? 1 : -1;
  canvas.fillStyle = colour;
  canvas.beginPath();
  canvas.moveTo(at, rim);
  canvas.lineTo(at - size, rim + down * size * 1.5);
  canvas.lineTo(at + size, rim + down * size * 1.5);
  canvas.fill();
}

/** The value beside its mark, where none is `taken` by others. */
function label(
  canvas: CanvasRenderingContext2D,
  { at, bins, value, colour }: Clip,
  rim: number,
  up: boolean,
  frame: Frame,
  taken: [number, number][],
): void {
  const gap = 7 * frame.ratio;
  const text = number(value) + (bins > 1 ? ` +${bins - 1}` : "");
  canvas.font = `${10 * frame.ratio}px system-ui, sans-serif`;
  const width = canvas.measureText(text).width;
  const right = at + gap + width < frame.left + frame.width;
  const from = right ? at + gap : at - gap - width;
  if (taken.some(([lo, hi]) => from < hi + gap && from + width > lo - gap)) return;
  taken.push([from, from + width]);
  canvas.textAlign = "left";
  canvas.textBaseline = up ? "top" : "bottom";
  canvas.lineWidth = 3 * frame.ratio;
  canvas.strokeStyle = frame.background;
  canvas.fillStyle = colour;
  const y = rim + (up ? 1 : -1) * frame.ratio;
  canvas.strokeText(text, from, y);
  canvas.fillText(text, from, y);
}
