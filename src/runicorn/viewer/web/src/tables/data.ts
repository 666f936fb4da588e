// Tables as the server tells of them, in windows of rows.
import { signal } from "@preact/signals";
import { get, Refused } from "../server/api";

export interface Column {
  name: string;
  type: string; // number, text, medium, or as Arrow calls it
}

/** A cell's value; NaN and infinities are texts. */
export type Cell = null | string | number | boolean | Cell[] | { [name: string]: Cell };

/** Rows `lo` and following: see routes/tables.py. */
export interface Answer {
  rows: number;
  found: number;
  columns: Column[];
  lo: number;
  row: number[];
  values: Record<string, Cell[]>;
  by?: string[];
  repeats?: boolean; // whether the columns `by` have the same values in several rows
  unmatched?: number;
  alone?: number;
  other_row?: number[];
  others?: Record<string, Cell[]>;
}

/** What a column is like, in short: see sheet_summary.py. */
export type Summary = { missing: number } & (
  | { kind: "number"; counts: number[]; lo: number | null; hi: number | null; nan: number }
  | { kind: "values"; values: [string, number][]; distinct: number }
  | { kind: "other" }
);

/** Where a table is. */
export interface Place {
  run: string;
  file: string;
  step: number;
}

/** Which rows are wanted, and in which order. */
export interface Question extends Place {
  sort: string[];
  query: string;
  other: Place | null; // that it is compared with
  by: string[];
  differ: boolean;
}

/** A line of the table: the row's number, its values, and those that it is compared with. */
export interface Line {
  row: number;
  values: Record<string, Cell>;
  other: Record<string, Cell> | null; // null: no row belongs to it
}

/** In place of a column: rows of the same number belong together. */
export const ROW_NUMBER = "#";
const WINDOW = 100;

/** Two values in order: the other's and then this one's, but of two steps of one run the earlier one's first. */
export function inOrder<T>({ run, step, other }: Question, here: T, there: T): [T, T] {
  return other?.run === run && other.step >= step ? [here, there] : [there, here];
}

function address({ run, file }: Pick<Place, "run" | "file">): string {
  return `runs/${encodeURIComponent(run)}/tables/${file.split("/").map(encodeURIComponent).join("/")}`;
}

function params({ sort, query, other, by, differ }: Question, window: { lo: number; hi: number; cols: string[] }) {
  const compared = other ? { other: other.file, other_run: other.run, differ: differ ? 1 : undefined } : {};
  return { sort, by, ...window, q: query, ...compared };
}

/** The rows of one question. */
export class Rows {
  /** What was told first; null until then. */
  readonly head = signal<Answer | null>(null);
  readonly lines = signal<Map<number, Line>>(new Map());
  readonly problem = signal<Refused | null>(null);
  private readonly columns = new Map<number, Set<string>>(); // that each window was asked for

  private known = false; // whether anything was told of this question

  /** `before`: what is shown until something is told, if it is of the same table. */
  constructor(
    readonly question: Question,
    before: Rows | null,
  ) {
    if (before?.question.run !== question.run || before.question.file !== question.file) return;
    this.head.value = before.head.peek();
    this.lines.value = before.lines.peek();
  }

  /** Asks for the windows with these rows and columns, as far as they are missing. */
  want(lo: number, hi: number, columns: string[]): void {
    for (let number = Math.floor(lo / WINDOW); number * WINDOW < Math.max(hi, 1); number++) {
      const asked = this.columns.get(number) ?? new Set();
      const missing = columns.filter((name) => !asked.has(name));
      if (!missing.length && asked.size) continue;
      this.columns.set(number, new Set([...asked, ...missing, ""]));
      void this.fetch(number, missing);
    }
  }

  private async fetch(number: number, columns: string[]): Promise<void> {
    const window = { lo: number * WINDOW, hi: (number + 1) * WINDOW, cols: columns };
    try {
      const answer = await get<Answer>(address(this.question), params(this.question, window));
      for (const name of Object.keys(answer.values)) this.columns.get(number)?.add(name);
      this.take(answer);
      this.problem.value = null;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.columns.delete(number);
      this.problem.value = error;
    }
  }

  private take(answer: Answer): void {
    if (!this.known) this.head.value = answer;
    const lines = new Map(this.known ? this.lines.peek() : []);
    this.known = true;
    answer.row.forEach((_, at) => {
      const [before, now] = [lines.get(answer.lo + at), lineOf(answer, at)];
      const other = now.other && { ...before?.other, ...now.other };
      lines.set(answer.lo + at, { row: now.row, values: { ...before?.values, ...now.values }, other });
    });
    this.lines.value = lines;
  }
}

function lineOf({ row, values, others, other_row }: Answer, at: number): Line {
  const there = others && other_row && other_row[at] >= 0;
  return { row: row[at], values: picked(values, at), other: there ? picked(others, at) : null };
}

function picked(values: Record<string, Cell[]>, at: number): Record<string, Cell> {
  return Object.fromEntries(Object.entries(values).map(([name, column]) => [name, column[at]]));
}

const summaries = signal<Map<string, Summary>>(new Map());
const asked = new Set<string>();

/** What a column is like, once it is known. All of the column is read for it: it is asked for when rows are painted. */
export function summary(run: string, file: string, name: string): Summary | undefined {
  const key = JSON.stringify([run, file, name]);
  if (!asked.has(key)) {
    asked.add(key);
    const ask = () =>
      get<Record<string, Summary>>(`${address({ run, file })}/columns`, { cols: name })
        .then((found) => found[name] && (summaries.value = new Map(summaries.peek()).set(key, found[name])))
        .catch(() => asked.delete(key));
    requestAnimationFrame(() => setTimeout(ask));
  }
  return summaries.value.get(key);
}

/** One row with all of its values; null where there is none. */
export async function wholeRow(question: Question, place: number, columns: Column[]): Promise<Line | null> {
  const window = { lo: place, hi: place + 1, cols: columns.map(({ name }) => name) };
  const answer = await get<Answer>(address(question), params(question, window)).catch(() => null);
  return answer?.row.length ? lineOf(answer, 0) : null;
}
