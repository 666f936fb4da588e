// How far the axes of a chart go.
import type { Cells, Column } from "../server/frames";

export type Range = [number, number];

/** How much further y must go for outliers to be cropped. */
const WORTH = 4;
/** How many widths of the middle 80 % a value may lie outside of them. */
const FENCE = 3;
/** The part of the bins, at most, that may be outliers: with more, that is what the metric is like. */
const RARE = 0.02;
/** Parts of a value that differ by less are the noise of computing with it, such as the mean of many equal ones. */
const NOISE = 1e-12;
/** Values that tell where the middle 80 % lie. */
const TOLD = 1000;

/** From the first to the last x of all; null where there is no point. `log`: only what is above 0 counts. */
export function extentOfX(all: Cells[], log = false): Range | null {
  let [lo, hi] = [Infinity, -Infinity];
  for (const { n, x0, x1 } of all) {
    const first = log ? above(x1, n) : 0;
    if (first >= n) continue;
    lo = Math.min(lo, log && x0[first] <= 0 ? Math.min(1, x1[first]) : x0[first]);
    hi = Math.max(hi, x1[n - 1]);
  }
  return lo <= hi ? [lo, hi] : null;
}

/** The first bin that has an x above 0. */
function above(x1: Column, n: number): number {
  let at = 0;
  while (at < n && x1[at] <= 0) at++;
  return at;
}

/** From the least to the greatest value drawn between lo and hi; with `robust`, without the few far outliers.
 *
 * What is cropped is marked by whoever draws. `log`: only what is above 0 counts. null where there is none.
 */
export function extentOfY(all: Cells[], [lo, hi]: Range, log: boolean, robust: boolean): Range | null {
  const lows: number[] = [];
  const highs: number[] = [];
  for (const { n, x0, x1, min, max } of all) {
    for (let at = 0; at < n; at++) {
      if (x1[at] < lo || x0[at] > hi) continue;
      collect(lows, min[at], log);
      collect(highs, max[at], log);
    }
  }
  if (!lows.length || !highs.length) return null;
  const [least, most] = [smallest(lows), largest(highs)];
  if (!robust) return opened([least, most], log);
  const cropped = without(lows, highs);
  const worth = cropped && most - least > WORTH * (cropped[1] - cropped[0]);
  return opened(worth ? cropped : [least, most], log);
}

function collect(into: number[], value: number, log: boolean): void {
  if (!Number.isFinite(value) || (log && value <= 0)) return;
  into.push(log ? Math.log10(value) : value);
}

/** The extent without what lies far off the middle 80 %; null where that is too much to be called outliers. */
function without(lows: number[], highs: number[]): Range | null {
  const all = [...lows, ...highs];
  const each = Math.ceil(all.length / TOLD);
  const sorted = Float64Array.from({ length: Math.ceil(all.length / each) }, (_, at) => all[at * each]).sort();
  const quantile = (part: number) => sorted[Math.round((sorted.length - 1) * part)];
  const width = quantile(0.9) - quantile(0.1);
  const [floor, ceiling] = [quantile(0.1) - FENCE * width, quantile(0.9) + FENCE * width];
  const inside = all.filter((value) => value >= floor && value <= ceiling);
  const few = Math.max(2, RARE * all.length);
  return all.length - inside.length <= few ? [smallest(inside), largest(inside)] : null;
}

/** With some air, so that no line lies on the frame. */
function opened([lo, hi]: Range, log: boolean): Range {
  const flat = hi - lo <= NOISE * Math.max(Math.abs(lo), Math.abs(hi));
  const air = !flat ? (hi - lo) * 0.06 : log ? 0.5 : Math.abs(lo) * 0.1 || 1;
  const [low, high] = log ? [10 ** (lo - air), 10 ** (hi + air)] : [lo - air, hi + air];
  return [Math.max(low, log ? Number.MIN_VALUE : -Number.MAX_VALUE), Math.min(high, Number.MAX_VALUE)];
}

function smallest(values: number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function largest(values: number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}
