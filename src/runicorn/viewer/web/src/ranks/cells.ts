// What the cells of a heatmap show: where there are more ranks than rows of pixels, the greatest value of several.
import { median, type Matrix } from "./stragglers";

const SPREAD = 0.02; // the part of the values below and above the ends of the colours, but for ranks that stay there

export interface Cells {
  rows: number;
  bins: number;
  ranks: Int32Array; // of each cell the place of the rank that it shows; -1: none has a value there
}

/** At most so many rows of cells. */
export function cells({ ranks, x0, values }: Matrix, most: number): Cells {
  const bins = x0.length;
  const rows = Math.max(1, Math.min(ranks.length, most));
  const shown = new Int32Array(rows * bins).fill(-1);
  for (let at = 0; at < ranks.length; at++) {
    const row = Math.floor((at * rows) / ranks.length);
    for (let bin = 0; bin < bins; bin++) {
      const other = shown[row * bins + bin];
      const value = values[at * bins + bin];
      if (Number.isFinite(value) && !(other >= 0 && values[other * bins + bin] >= value)) shown[row * bins + bin] = at;
    }
  }
  return { rows, bins, ranks: shown };
}

/** The values that have the first and the last colour. A rank that is far off all the time is not past the last. */
export function ends({ ranks, x0, values }: Matrix): [number, number] {
  const finite = Float64Array.from(values).filter(Number.isFinite).sort();
  const quantile = (part: number) => finite[Math.round((finite.length - 1) * part)];
  const usual = ranks.map((_, at) => median(Array.from({ length: x0.length }, (_, bin) => values[at * x0.length + bin])));
  return [quantile(SPREAD), Math.max(quantile(1 - SPREAD), ...usual.filter(Number.isFinite))];
}
