// Ranks over steps as colours: a row for each rank.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { count, number } from "../parts/format";
import { scheme } from "../state/theme";
import { median, type Matrix } from "./stragglers";

const SPREAD = 0.02; // the part at each end that has the colours of the ends

interface Props {
  matrix: Matrix;
  width: number;
  height: number;
}

export function Heatmap({ matrix, width, height }: Props) {
  const place = useRef<HTMLCanvasElement>(null);
  const at = useSignal<{ row: number; bin: number } | null>(null);
  const { ranks, x0, x1, values } = matrix;
  const bins = x0.length;
  void scheme.value;
  useLayoutEffect(() => paint(place.current!, matrix));
  const words = () => {
    if (!at.value) return `${count(ranks.length)} ranks, from rank ${ranks[0]} at the top to rank ${ranks[ranks.length - 1]}`;
    const { row, bin } = at.value;
    const value = values[row * bins + bin];
    const middle = median(ranks.map((_, one) => values[one * bins + bin]));
    const off = (value - middle) / Math.abs(middle);
    const steps = x0[bin] === x1[bin] ? `step ${count(x0[bin])}` : `steps ${count(x0[bin])} to ${count(x1[bin])}`;
    return `rank ${ranks[row]}, ${steps}: ${number(value)}, ${signed(off)} to the median of the ranks`;
  };
  return (
    <div class="heatmap">
      <canvas
        ref={place}
        style={{ width: `${width}px`, height: `${height}px` }}
        role="img"
        aria-label={`${count(ranks.length)} ranks over ${count(bins)} bins of steps`}
        onMouseMove={({ offsetX, offsetY }) => {
          const inside = (part: number, most: number) => Math.max(0, Math.min(most - 1, Math.floor(part * most)));
          at.value = { row: inside(offsetY / height, ranks.length), bin: inside(offsetX / width, bins) };
        }}
        onMouseLeave={() => (at.value = null)}
      />
      <p role="status">{words()}</p>
    </div>
  );
}

/** +31 %, −4 %. */
export function signed(part: number): string {
  if (!Number.isFinite(part)) return "?";
  return `${part < 0 ? "−" : "+"}${Math.abs(part * 100).toFixed(Math.abs(part) < 0.1 ? 1 : 0)} %`;
}

/** A pixel for each value; the browser makes rectangles of them. */
function paint(canvas: HTMLCanvasElement, { ranks, x0, values }: Matrix): void {
  [canvas.width, canvas.height] = [x0.length, ranks.length];
  const style = getComputedStyle(document.documentElement);
  const [from, to] = ["--grid", "--run-1"].map((name) => channels(style.getPropertyValue(name)));
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  const end = (part: number) => finite[Math.round((finite.length - 1) * part)];
  const [lo, hi] = [end(SPREAD), end(1 - SPREAD)];
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) continue;
    const part = hi > lo ? Math.max(0, Math.min(1, (values[at] - lo) / (hi - lo))) : 0;
    for (let channel = 0; channel < 3; channel++) image.data[4 * at + channel] = from[channel] + part * (to[channel] - from[channel]);
    image.data[4 * at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function channels(colour: string): number[] {
  return (colour.match(/[\d.]+/g) ?? []).map(Number);
}
