// Series as the server sends them: see frames.py, which describes the format. The columns are views of the
// answer's bytes, or told by the steps that they go on by.

export type Column = Float32Array | Float64Array;

/** What was asked for, as the server tells it back. */
export interface Told {
  metric: string;
  error?: string;
  n: number;
}

/** Bins of one series, by x. `mean` is NaN where all points of a bin are; `nan` counts those that are.
 *
 * Of several runs as one line, mean is the centre, min and max are the band, and count the number of runs.
 */
export interface Cells {
  n: number;
  x0: Column;
  x1: Column;
  min: Column;
  max: Column;
  mean: Column;
  count: Column;
  nan: Column;
}

/** The first value, then by what and how often it goes on. */
type Steps = [number, ...[number, number][]];

interface Header extends Told {
  columns: Record<string, ["f4" | "f8", number] | Steps>;
}

const NONE = new Float64Array(0);
const EMPTY: Cells = { n: 0, x0: NONE, x1: NONE, min: NONE, max: NONE, mean: NONE, count: NONE, nan: NONE };
const OF_GROUPS: Record<string, string> = { centre: "mean", low: "min", high: "max", n: "count" };
const MAGIC = 0x31424e52; // "RNB1", little-endian

/** The series of a frame, each with what it is. Throws for what is no frame. */
export function unpack(frame: ArrayBuffer): [Told, Cells][] {
  const view = new DataView(frame);
  if (frame.byteLength < 8 || view.getUint32(0, true) !== MAGIC) throw new Error("The answer is no frame of series.");
  const length = view.getUint32(4, true);
  const headers = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 8, length))) as Header[];
  return headers.map((header) => {
    const columns = Object.entries(header.columns).map(([name, told]) => {
      const [first, at] = told;
      if (typeof first === "number") return [OF_GROUPS[name] ?? name, stepped(told as Steps, header.n)];
      const start = 8 + length + (at as number);
      const column = first === "f4" ? new Float32Array(frame, start, header.n) : new Float64Array(frame, start, header.n);
      return [OF_GROUPS[name] ?? name, column];
    });
    return [header, { ...EMPTY, ...Object.fromEntries(columns), n: header.n }];
  });
}

function stepped([first, ...steps]: Steps, n: number): Float64Array {
  const column = new Float64Array(n);
  column[0] = first;
  let at = 0;
  for (const [by, times] of steps) {
    for (const end = at + times; at < end; at++) column[at + 1] = column[at] + by;
  }
  return column;
}
