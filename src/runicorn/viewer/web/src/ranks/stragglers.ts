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

/** Whether a metric tells how long something took, as far as its name says it; as in standalone.py. */
export function isTime(metric: string): boolean {
  return /time(?!nt|step|stamp)|duration|second|latency|(^|[/_.])ms($|[/_.])/i.test(metric);
}

/** The ranks that lie above the median of all, the furthest first. */
export function stragglers(matrix: Matrix): Straggler[] {
  const { ranks, x0 } = matrix;
  const rows = ranks.map((_, at) => row(matrix, at));
  const lately = new Map<number, number>(); // by the bin that it begins with, what is usual from then on
  const usual = (from: number) => {
    if (!lately.has(from)) lately.set(from, median(rows.map((one) => mean(one.slice(from)))));
    return lately.get(from)!;
  };
  const middles = medians(matrix);
  const found = ranks.map((rank, at) => {
    const from = since(rows[at].map((value, bin) => part(value, middles[bin])));
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

/** The bin with which a rank begins to be about so far off as it is in the end, however much it is off before by chance. */
export function turn(matrix: Matrix, rank: number, off: number): number {
  const middles = medians(matrix);
  return turned(row(matrix, matrix.ranks.indexOf(rank)).map((value, bin) => part(value, middles[bin])), off);
}

/** The bin before which most are less than half so far off, and from which on most are more. */
function turned(offs: number[], off: number): number {
  let [best, least, against] = [0, 0, 0]; // bins against it that it begins there, compared with the first
  offs.forEach((one, bin) => {
    if (!Number.isFinite(one)) return;
    if (against < least) [best, least] = [bin, against];
    against += one > Math.max(FAR, off / 2) ? 1 : -1;
  });
  return best;
}

function row({ values, x0: { length: bins } }: Matrix, at: number): number[] {
  return Array.from({ length: bins }, (_, bin) => values[at * bins + bin]);
}

/** Of all ranks in each bin. */
function medians(matrix: Matrix): number[] {
  const rows = matrix.ranks.map((_, at) => row(matrix, at));
  return Array.from({ length: matrix.x0.length }, (_, bin) => median(rows.map((one) => one[bin])));
}

/** The first of the last bins that are all far off the median; null where these are few. */
function since(offs: number[]): number | null {
  let first: number | null = null;
  for (let bin = offs.length - 1; bin >= 0; bin--) {
    if (!Number.isFinite(offs[bin])) continue;
    if (!(offs[bin] > FAR)) break;
    first = bin;
  }
  if (first === null || offs.length - first < LONG * offs.length) return null;
  return first + turned(offs.slice(first), median(offs.slice(first)));
}

function part(value: number, middle: number): number {
  return middle === 0 ? 0 : (value - middle) / Math.abs(middle);
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
