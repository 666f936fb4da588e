// What the cells of a heatmap show: where there are more ranks than rows of pixels, the greatest value of several.
import type { Matrix } from "./stragglers";

const SPREAD = 0.02; // the part of the values below and above the ends of the colours, but for ranks that stay there
const BRIEF = 0.1; // the part of a rank's values, at most, that may be past the ends

export interface Cells {
  rows: number;
  bins: number;
  ranks: Int32Array; // of each cell the place of the rank that it shows; -1: none has a value there
}

/** The same in at most so many bins, each the mean of as many. */
export function narrowed(matrix: Matrix, most: number): Matrix {
  const bins = matrix.x0.length;
  const each = Math.ceil(bins / Math.max(1, most));
  if (each < 2) return matrix;
  const firsts = Array.from({ length: Math.ceil(bins / each) }, (_, at) => at * each);
  const mean = (lo: number, hi: number) => {
    const finite = Array.from({ length: hi - lo }, (_, at) => matrix.values[lo + at]).filter(Number.isFinite);
    return finite.length ? finite.reduce((sum, one) => sum + one, 0) / finite.length : NaN;
  };
  return {
    ranks: matrix.ranks,
    x0: firsts.map((bin) => matrix.x0[bin]),
    x1: firsts.map((bin) => matrix.x1[Math.min(bin + each, bins) - 1]),
    values: matrix.ranks.flatMap((_, rank) => firsts.map((bin) => mean(rank * bins + bin, rank * bins + Math.min(bin + each, bins)))),
  };
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

/** The values that have the first and the last colour. A rank that is far off for a while is not past them. */
export function ends({ ranks, x0, values }: Matrix): [number, number] {
  const all = sorted(Float64Array.from(values));
  const each = ranks.map((_, at) => sorted(Float64Array.from({ length: x0.length }, (_, bin) => values[at * x0.length + bin]))).filter((row) => row.length);
  const least = each.map((row) => row[Math.ceil((row.length - 1) * BRIEF)]);
  const most = each.map((row) => row[Math.floor((row.length - 1) * (1 - BRIEF))]);
  const quantile = (part: number) => all[Math.round((all.length - 1) * part)];
  return [Math.min(quantile(SPREAD), ...least), Math.max(quantile(1 - SPREAD), ...most)];
}

function sorted(values: Float64Array): Float64Array {
  return values.filter(Number.isFinite).sort();
}

/** Whether there are values below the first and above the last of those ends. */
export function beyond({ values }: Matrix, [lo, hi]: [number, number]): [boolean, boolean] {
  const all = Array.from(values);
  return [all.some((value) => Number.isFinite(value) && value < lo), all.some((value) => Number.isFinite(value) && value > hi)];
}
