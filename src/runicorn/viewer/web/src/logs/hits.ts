// What is searched for: how often it is found, and where next. The server looks through all of the text.
import { computed, effect, signal } from "@preact/signals";
import { get, Refused } from "../server/api";
import { asked, listing, pin, pinned, pinnedLine } from "./choice";
import { rowOf, shape } from "./rows";
import { HEIGHT, reveal, top } from "./scroll";

const MARKS = 300;

interface Place {
  row: number;
  line: number;
}

export interface Hits {
  count: number;
  lines: number;
  rows: number;
  before: number;
  previous: Place | null;
  next: Place | null;
  marks: number[];
}

/** What was found; null: nothing is searched for, or the answer has not come. */
export const hits = signal<Hits | null>(null);
/** The row of the pinned line; null: none is pinned, or not known yet. */
export const pinnedRow = signal<number | null>(null);
/** The number of the hit that is pinned, from 1 on; 0: another line is. */
export const current = computed(() => {
  const found = hits.value;
  return found?.next && found.next.row === pinnedRow.value ? found.before + 1 : 0;
});

/** Which rows there are, once they are known: with others, a line may stand elsewhere. */
const listed = computed(() => (shape.value.rows < 0 ? "" : listing.value));

let run = "";

async function look(row: number, marks: number): Promise<Hits | null> {
  if (!asked.peek().q) return null;
  try {
    return await get<Hits>(`runs/${encodeURIComponent(run)}/logs/search`, { ...asked.peek(), row, marks });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return null; // the rows say why
  }
}

/** Pins the next hit, or the one before; behind the last one comes the first. */
export async function go(by: 1 | -1): Promise<void> {
  const from = pinnedRow.peek() ?? Math.floor(top.peek() / HEIGHT);
  const found = await look(pinnedRow.peek() !== null && by > 0 ? from + 1 : from, 1);
  const place = by > 0 ? found?.next : found?.previous;
  if (!place) return;
  pinnedRow.value = place.row;
  pin(place.line);
  reveal(place.row);
}

async function follow(): Promise<void> {
  const of = asked.value;
  const found = await look(pinnedRow.value ?? 0, MARKS);
  if (of === asked.peek()) hits.value = found;
}

async function place(): Promise<void> {
  const line = pinnedLine();
  const row = line === null ? null : await rowOf(line);
  if (line !== pinnedLine()) return;
  pinnedRow.value = row;
  if (row !== null) reveal(row);
}

/** Begins to follow what is searched for and what is pinned in the text of a run; gives what ends it. */
export function begin(of: string): () => void {
  run = of;
  pinnedRow.value = null;
  hits.value = null;
  const ends = [
    effect(() => {
      void pinned.value;
      if (listed.value) void place();
    }),
    effect(() => {
      if (shape.value.rows >= 0) void follow();
    }),
  ];
  return () => ends.forEach((end) => end());
}
