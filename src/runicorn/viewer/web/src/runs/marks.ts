// The runs that are marked, to do something with all of them. No address says so: who opens one marks his own.
import { signal } from "@preact/signals";
import { complain } from "../parts/toast";
import { Refused } from "../server/api";
import { focused, moveTo } from "./focus";
import { everyRow, result, row } from "./result";

/** Their ids, in the order they were marked. */
export const marked = signal<ReadonlySet<string>>(new Set());

/** What they, or the run that keys are about, are to be given. */
export type Field = "tag" | "untag" | "group" | "alias";
/** The field that is being asked for. */
export const asking = signal<Field | null>(null);

let last: number | null = null; // the row that was marked last

/** Marks the run of a row, or no more; `range`: and those between it and the row that was marked last. */
export function mark(index: number, range = false): void {
  const [from, to] = range && last !== null ? [Math.min(last, index), Math.max(last, index)] : [index, index];
  const runs: string[] = [];
  for (let at = from; at <= to; at++) {
    const run = row(result.peek(), at)?.run;
    if (run) runs.push(run);
  }
  last = index;
  const next = new Set(marked.peek());
  const all = runs.every((run) => next.has(run));
  for (const run of runs) if (all && !range) next.delete(run);
    else next.add(run);
  marked.value = next;
}

export function markFocused(): void {
  if (focused.peek() === null) moveTo(0);
  mark(focused.peek()!);
}

/** Marks all runs that are found; those that are marked stay so. */
export async function markAll(): Promise<void> {
  try {
    const rows = await everyRow();
    marked.value = new Set([...marked.peek(), ...rows.map(({ run }) => run)]);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    complain(error.message);
  }
}

/** Marks those of a group, by the numbers of their rows, as far as they have come. */
export function markRows(from: number, to: number): void {
  last = from;
  mark(to - 1, true);
}

export function unmark(): void {
  marked.value = new Set();
  last = null;
}
