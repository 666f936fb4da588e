// Ranks over steps as colours: a row for each rank, or for a few where they are many.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { count, number } from "../parts/format";
import { isPinned, step } from "../run/cursor";
import { scheme } from "../state/theme";
import { cells, ends, narrowed, type Cells } from "./cells";
import { binOf, Ranks, Scale, Steps } from "./labels";
import { median, signed, type Matrix } from "./stragglers";
import { openAt, opened } from "./text";

interface Props {
  matrix: Matrix;
  width: number;
  height: number;
}

const LABELS = 48; // pixels beside the cells

export function Heatmap({ matrix: whole, width: across, height }: Props) {
  const width = across - LABELS;
  const matrix = useMemo(() => narrowed(whole, width), [whole, width]); // a bin has a pixel at least
  const place = useRef<HTMLCanvasElement>(null);
  const at = useSignal<{ row: number; bin: number } | null>(null);
  const shown = useMemo(() => cells(matrix, height), [matrix, height]);
  const scale = useMemo(() => ends(matrix), [matrix]);
  const seen = scheme.value;
  useLayoutEffect(() => paint(place.current!, matrix, shown, scale), [matrix, shown, scale, seen]);
  const pinned = isPinned.value ? binOf(matrix, step.value) : null;
  const inside = (part: number, most: number) => Math.max(0, Math.min(most - 1, Math.floor(part * most)));
  return (
    <div class="heatmap">
      <Ranks matrix={matrix} shown={shown} height={height} />
      <canvas
        ref={place}
        style={{ width: `${width}px`, height: `${height}px` }}
        role="img"
        title={`Click: ${opened.value}`}
        aria-label={`${count(matrix.ranks.length)} ranks over ${count(shown.bins)} bins of steps`}
        onMouseMove={({ offsetX, offsetY }) => (at.value = { row: inside(offsetY / height, shown.rows), bin: inside(offsetX / width, shown.bins) })}
        onMouseLeave={() => (at.value = null)}
        onClick={({ offsetX, offsetY }) => {
          const bin = inside(offsetX / width, shown.bins);
          const rank = shown.ranks[inside(offsetY / height, shown.rows) * shown.bins + bin];
          if (rank >= 0) openAt(matrix.ranks[rank], Math.floor((matrix.x0[bin] + matrix.x1[bin]) / 2));
        }}
      />
      {pinned !== null && <div class="pinned-bin" style={{ left: `${LABELS + ((pinned + 0.5) / shown.bins) * width}px`, height: `${height}px` }} />}
      <Steps matrix={matrix} shown={shown} width={width} />
      <p role="status">{at.value ? cell(matrix, shown, at.value.row, at.value.bin) : all(matrix, shown)}</p>
      <Scale matrix={matrix} ends={scale} />
    </div>
  );
}

function all({ ranks }: Matrix, { rows }: Cells): string {
  const words = `${count(ranks.length)} ranks, from rank ${ranks[0]} at the top to rank ${ranks[ranks.length - 1]}`;
  return rows < ranks.length ? `${words}; a row shows the greatest of ${Math.ceil(ranks.length / rows)}` : words;
}

function cell({ ranks, x0, x1, values }: Matrix, { bins, ranks: shown }: Cells, row: number, bin: number): string {
  const steps = x0[bin] === x1[bin] ? `step ${count(x0[bin])}` : `steps ${count(x0[bin])} to ${count(x1[bin])}`;
  const at = shown[row * bins + bin];
  if (at < 0) return `${steps}: nothing`;
  const value = values[at * bins + bin];
  const middle = median(ranks.map((_, one) => values[one * bins + bin]));
  return `rank ${ranks[at]}, ${steps}: ${number(value)}, ${signed((value - middle) / Math.abs(middle))} against the median of the ranks`;
}

/** A pixel for each cell; the browser makes rectangles of them. */
function paint(canvas: HTMLCanvasElement, matrix: Matrix, { rows, bins, ranks }: Cells, [lo, hi]: [number, number]): void {
  [canvas.width, canvas.height] = [bins, rows];
  const style = getComputedStyle(document.documentElement);
  const [from, to] = ["--grid", "--run-1"].map((name) => channels(style.getPropertyValue(name)));
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(bins, rows);
  ranks.forEach((rank, at) => {
    if (rank < 0) return;
    const value = matrix.values[rank * bins + (at % bins)];
    const part = hi > lo ? Math.max(0, Math.min(1, (value - lo) / (hi - lo))) : 0;
    for (let channel = 0; channel < 3; channel++) image.data[4 * at + channel] = from[channel] + part * (to[channel] - from[channel]);
    image.data[4 * at + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

function channels(colour: string): number[] {
  return (colour.match(/[\d.]+/g) ?? []).map(Number);
}
