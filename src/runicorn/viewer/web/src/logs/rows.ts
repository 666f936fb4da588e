// The rows of a run's text: those that are seen are fetched, in windows, and kept while the text grows.
import { effect, signal, untracked } from "@preact/signals";
import { get, Refused } from "../server/api";
import { asked, listing, search, wrong } from "./choice";

const WINDOW = 100; // rows of a request
const KEPT = 60;

export interface Row {
  number: number; // of the line, from 0 on
  text: string;
  size?: number; // bytes of the line, where it is cut
  first?: number; // the line where the first frame of its bar is
  hits?: [number, number][];
}

interface Answer {
  hosts: string[];
  host: string;
  lines: number;
  rows: number;
  row: number;
  numbers: number[];
  texts: string[];
  sizes: Record<number, number>;
  first: Record<number, number>;
  spans: Record<number, [number, number][]>;
}

/** How much there is; -1: not known yet. `choice`: of what was chosen. */
export const shape = signal({ hosts: [] as string[], host: "", lines: -1, rows: -1, choice: "" });
/** Counts up when rows have come. */
export const arrived = signal(0);
export const broken = signal<Refused | null>(null);

let run = "";
let choice = "";
let list = "";
const windows = new Map<number, { rows: Row[]; choice: string }>();
const underway = new Set<string>();

/** A row, if it is there. */
export function row(at: number): Row | undefined {
  return windows.get(Math.floor(at / WINDOW))?.rows[at % WINDOW];
}

/** Asks for rows, those that are not there. */
export function want(lo: number, hi: number): void {
  for (let at = Math.floor(lo / WINDOW); at <= Math.floor((hi - 1) / WINDOW); at++) {
    const known = windows.get(at);
    const full = Math.min(WINDOW, shape.peek().rows - at * WINDOW);
    if (known) {
      windows.delete(at); // what was seen last stands last
      windows.set(at, known);
    }
    if (full > 0 && (known?.choice !== choice || known.rows.length < full)) void load({ row: at * WINDOW });
  }
}

/** Where a line is; null: there is no text. */
export async function rowOf(line: number): Promise<number | null> {
  const answer = await ask({ line, n: 1 });
  return answer && answer.row;
}

/** Looks for what was added. */
export function renew(): void {
  const { rows } = shape.peek();
  const last = Math.floor(Math.max(0, rows - 1) / WINDOW);
  void load({ row: rows < 0 ? -2 * WINDOW : last * WINDOW });
}

async function load(where: { row: number }): Promise<void> {
  const key = `${choice} ${where.row}`;
  if (underway.has(key)) return;
  underway.add(key);
  try {
    const answer = await ask({ ...where, n: where.row < 0 ? -where.row : WINDOW });
    if (answer) take(answer);
  } finally {
    underway.delete(key);
  }
}

/** What the server says of the choice as it is; null where it cannot, or where the choice has changed meanwhile. */
async function ask(where: Record<string, number>): Promise<Answer | null> {
  const of = choice;
  try {
    const answer = await get<Answer>(`runs/${encodeURIComponent(run)}/logs`, { ...asked.peek(), ...where });
    if (of !== choice) return null;
    broken.value = null;
    if (answer.rows !== shape.peek().rows || answer.lines !== shape.peek().lines || of !== shape.peek().choice) {
      const { hosts, host, lines, rows } = answer;
      shape.value = { hosts, host, lines, rows, choice: of };
    }
    return answer;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (of !== choice) return null;
    if (asked.peek().q && /regular expression|A search/.test(error.message)) wrong.value = { search: search(), why: error.message };
    else broken.value = error;
    return null;
  }
}

function take(answer: Answer): void {
  const found = answer.numbers.map((number, at) => ({
    number,
    text: answer.texts[at],
    size: answer.sizes[at],
    first: answer.first[at],
    hits: answer.spans[at],
  }));
  for (let at = Math.floor(answer.row / WINDOW); at * WINDOW < answer.row + found.length; at++) {
    const skip = at * WINDOW - answer.row;
    if (skip >= 0) windows.set(at, { rows: found.slice(skip, skip + WINDOW), choice });
  }
  for (const old of windows.keys()) {
    if (windows.size <= KEPT) break;
    windows.delete(old);
  }
  arrived.value++;
}

/** Begins with the text of a run as it is chosen, and again when another choice is made; gives what ends it. */
export function begin(of: string): () => void {
  run = of;
  list = "";
  return effect(() => {
    choice = `${of} ${JSON.stringify(asked.value)}`;
    const fresh = `${of} ${listing.value}`;
    if (fresh !== list) {
      list = fresh;
      windows.clear();
      shape.value = { ...shape.peek(), rows: -1 };
    }
    untracked(renew);
  });
}
