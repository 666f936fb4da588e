// Where rows and columns stand.
import { count } from "../parts/format";
import type { Answer } from "./data";

export const LOW = 24;
export const HIGH = 60; // rows with pictures
const NUMBERS = { least: 32, around: 16, digit: 7 }; // pixels of the rows' numbers
const ALONE = 60; // more, which say of some that there is no other row
const WIDTHS: Record<string, number> = { number: 104, text: 220, medium: 96, bool: 64 };
const OTHERS = 160;
const MORE = 72; // where two values are compared
const WIDEST = 500; // more of free room than that makes no text easier to read
/** The tallest box that browsers scroll exactly. */
const TALLEST = 15_000_000;

export interface Columns {
  names: string[];
  types: string[];
  widths: number[];
  lefts: number[];
  total: number;
  numbers: number; // the width of the rows' numbers
}

/** Of a `room` that would stay empty, each column of texts or of two values gets its part. */
export function columnsOf({ columns, rows, by, alone }: Pick<Answer, "columns" | "rows" | "by" | "alone">, room = 0): Columns {
  const two = columns.map(({ name }) => by !== undefined && !by.includes(name));
  const needed = columns.map(({ type }, at) => (WIDTHS[type] ?? OTHERS) + (two[at] && type !== "text" ? MORE : 0));
  const digits = count(Math.max(0, rows - 1)).length;
  const numbers = Math.max(NUMBERS.least, NUMBERS.around + NUMBERS.digit * digits) + (alone ? ALONE : 0);
  const free = Math.max(0, room - needed.reduce((sum, width) => sum + width, numbers));
  const wide = columns.map(({ type }, at) => type === "text" || two[at]);
  const part = Math.min(WIDEST, Math.floor(free / wide.filter(Boolean).length));
  const widths = needed.map((width, at) => (wide[at] ? width + part : width));
  let total = numbers;
  const lefts = widths.map((width) => (total += width) - width);
  return { names: columns.map(({ name }) => name), types: columns.map(({ type }) => type), widths, lefts, total, numbers };
}

/** The columns between two places, as the first and the one behind the last. */
export function columnsSeen({ lefts, widths }: Columns, from: number, to: number): [number, number] {
  const first = lefts.findIndex((left, at) => left + widths[at] > from);
  const stop = lefts.findIndex((left) => left >= to);
  return [Math.max(0, first), stop < 0 ? lefts.length : stop];
}

export interface Lines {
  tall: number; // of the box that is scrolled
  first: number;
  stop: number;
  top: (row: number) => number;
}

/** The rows that are seen. Of more than fit into the tallest box, a pixel of the scroll bar is several of the rows'. */
export function linesSeen(rows: number, height: number, scroll: number, seen: number, over = 4): Lines {
  const all = rows * height;
  const tall = Math.min(all, TALLEST);
  const ratio = tall > seen ? (all - seen) / (tall - seen) : 1;
  const from = scroll * ratio;
  return {
    tall,
    first: Math.max(0, Math.floor(from / height) - over),
    stop: Math.min(rows, Math.ceil((from + seen) / height) + over),
    top: (row) => row * height - from + scroll,
  };
}

/** Where to scroll to so that a row is seen; undefined where it is. */
export function revealing(row: number, rows: number, height: number, scroll: number, seen: number): number | undefined {
  const all = rows * height;
  const tall = Math.min(all, TALLEST);
  const ratio = tall > seen ? (all - seen) / (tall - seen) : 1;
  const from = scroll * ratio;
  if (row * height < from) return (row * height) / ratio;
  if ((row + 1) * height > from + seen) return ((row + 1) * height - seen) / ratio;
  return undefined;
}

/** The filter of a column's rows in one of its bars. */
export function between(name: string, lo: number, hi: number, bin: number, bins: number): string {
  const key = /^[\w/.]+$/.test(name) ? name : `"${name.replaceAll('"', '\\"')}"`;
  const edge = (place: number) => (place === bins ? hi : lo + ((hi - lo) * place) / bins);
  return `${key}>=${edge(bin)} ${key}${edge(bin + 1) === hi ? "<=" : "<"}${edge(bin + 1)}`;
}
