// What a heatmap's rows, columns and colours mean.
import { count, number } from "../parts/format";
import { beyond, type Cells } from "./cells";
import type { Matrix } from "./stragglers";

const APART = 16; // pixels, at least, from one label of a rank to the next
const STEPS = 90; // and of a step

interface Props {
  matrix: Matrix;
  shown: Cells;
}

export function Ranks({ matrix: { ranks }, shown: { rows }, height }: Props & { height: number }) {
  const every = Math.ceil((rows * APART) / height);
  const first = (row: number) => ranks[Math.floor((row * ranks.length) / rows)];
  return (
    <div class="rank-labels" style={{ height: `${height}px` }}>
      {Array.from({ length: Math.ceil(rows / every) }, (_, at) => (
        <span key={at} style={{ top: `${((at * every + 0.5) / rows) * 100}%` }}>
          {count(first(at * every))}
        </span>
      ))}
    </div>
  );
}

/** As the bins are drawn: each as wide as the others, however many steps it has. */
export function Steps({ matrix: { x0 }, shown: { bins }, width }: Props & { width: number }) {
  const labels = Math.max(1, Math.min(bins, Math.floor(width / STEPS)));
  return (
    <div class="step-labels" style={{ width: `${width}px` }}>
      {Array.from({ length: labels }, (_, at) => {
        const bin = Math.floor((at * bins) / labels);
        return (
          <span key={at} style={{ left: `${(bin / bins) * 100}%` }}>
            {at ? "" : "step "}
            {count(x0[bin])}
          </span>
        );
      })}
    </div>
  );
}

export function Scale({ matrix, ends }: { matrix: Matrix; ends: [number, number] }) {
  const [below, above] = beyond(matrix, ends);
  return (
    <span class="colour-scale" title={below || above ? "What few cells have beyond has the colour of the end." : undefined}>
      {below && "≤ "}
      {number(ends[0])} <i /> {above && "≥ "}
      {number(ends[1])}
    </span>
  );
}

/** The bin that a step is in, or the last before it; null: none. */
export function binOf({ x0, x1 }: Matrix, step: number | null): number | null {
  if (step === null || step > x1[x1.length - 1]) return null;
  const at = Array.from(x0).findLastIndex((first) => first <= step);
  return at < 0 ? null : at;
}
