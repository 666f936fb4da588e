// Which ranks differ from the others, and since when.

/** A metric of all ranks: for each of `ranks` a row of as many values as there are bins, NaN where it has none. */
export interface Matrix {
  ranks: number[];
  x0: ArrayLike<number>;
  x1: ArrayLike<number>;
  values: ArrayLike<number>; // row by row
}

export interface Straggler {
  rank: number;
  mean: number; // since then, or of all
  off: number; // from the median of the ranks meanwhile: 0.31 is 31 % more
  since: number | null; // the step, or the first of a bin, from which on it has been so far off; null: not without a break
}

const FAR = 0.1;
const LONG = 0.05; // of the bins: what was far off for less is noise

/** Whether a metric tells how long something took, as far as its name says it. */
export function isTime(metric: string): boolean {
  return /time(?!nt|step|stamp)|duration|second|latency|(^|[/_.])ms($|[/_.])/i.test(metric);
}

/** The ranks that lie above the median of all, the furthest first. */
export function stragglers(matrix: Matrix): Straggler[] {
  const { ranks, x0 } = matrix;
  const bins = x0.length;
  const row = (at: number) => Array.from({ length: bins }, (_, bin) => matrix.values[at * bins + bin]);
  const middles = medians(matrix);
  const rows = ranks.map((_, at) => row(at));
  const lately = new Map<number, number>(); // by the bin that it begins with, what is usual from then on
  const usual = (from: number) => {
    if (!lately.has(from)) lately.set(from, median(rows.map((one) => mean(one.slice(from)))));
    return lately.get(from)!;
  };
  const found = ranks.map((rank, at) => {
    const from = since(rows[at], middles);
    const own = mean(rows[at].slice(from ?? 0));
    return { rank, mean: own, off: part(own, usual(from ?? 0)), since: from === null ? null : x0[from] };
  });
  return found.filter(({ off }) => off > 0).sort((a, b) => b.off - a.off || a.rank - b.rank);
}

/** The ranks that have lines where there is room for `most`: these stragglers, and the first of the others. */
export function drawn(ranks: number[], furthest: Straggler[], most: number): number[] {
  const first = [...new Set([...furthest.map(({ rank }) => rank), ...ranks])].slice(0, most);
  return ranks.filter((rank) => first.includes(rank));
}

/** The bin with which a rank begins to be far off: what it was before, and is from then on, is so in most bins. */
export function turn(matrix: Matrix, rank: number): number {
  const bins = matrix.x0.length;
  const row = matrix.ranks.indexOf(rank) * bins;
  const middles = medians(matrix);
  let [best, least, against] = [0, 0, 0]; // bins against it that it begins there, compared with the first
  for (let bin = 0; bin < bins; bin++) {
    const value = matrix.values[row + bin];
    if (!Number.isFinite(value)) continue;
    if (against < least) [best, least] = [bin, against];
    against += part(value, middles[bin]) > FAR ? 1 : -1;
  }
  return best;
}

/** Of all ranks in each bin. */
function medians({ ranks, x0: { length: bins }, values }: Matrix): number[] {
  return Array.from({ length: bins }, (_, bin) => median(ranks.map((_, at) => values[at * bins + bin])));
}

/** The first of the last bins that are all far off the median; null where these are few. */
function since(row: number[], middles: number[]): number | null {
  let first: number | null = null;
  for (let bin = row.length - 1; bin >= 0; bin--) {
    if (!Number.isFinite(row[bin])) continue;
    if (!(part(row[bin], middles[bin]) > FAR)) break;
    first = bin;
  }
  return first !== null && row.length - first < LONG * row.length ? null : first;
}

function part(value: number, middle: number): number {
  return middle === 0 || !Number.isFinite(value) ? 0 : (value - middle) / Math.abs(middle);
}

function mean(values: number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.length ? finite.reduce((sum, one) => sum + one, 0) / finite.length : NaN;
}

export function median(values: number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** +31 %, −4.0 %, 33 ×. */
export function signed(part: number): string {
  if (!Number.isFinite(part)) return "?";
  if (part >= 10) return `${(1 + part).toFixed(0)} ×`;
  return `${part < 0 ? "−" : "+"}${Math.abs(part * 100).toFixed(Math.abs(part) < 0.1 ? 1 : 0)} %`;
}
