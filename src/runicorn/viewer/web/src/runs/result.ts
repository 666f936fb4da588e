// The runs that the query means, as the table has them: fetched in windows of rows, so that what is not seen costs
// nothing. A query that is wrong changes nothing but `problem`: the last good result stays.
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { address, get, Refused, type RunsAnswer, type Value } from "../server/api";
import { join } from "../state/lists";
import { own, part } from "../state/view";
import { columnsAsked, fetched, usual } from "./keys";
import type { Group } from "./layout";

const WINDOW = 100;

/** What is known of a run in the table: its columns by key. */
export type Row = Record<string, Value> & { run: string; path: string; alias: string | null; status: string; heard_seconds_ago?: number | null };

export interface Result {
  asked: string;
  revision: number;
  total: number;
  found: number;
  groups: Group[];
  windows: Map<number, Row[]>;
}

const NOTHING: Result = { asked: "", revision: -1, total: 0, found: 0, groups: [], windows: new Map() };

export const result = signal<Result>(NOTHING);
/** What is wrong with the query, or with the way to the server. */
export const problem = signal<Refused | null>(null);

/** What is told of the numbers of a group: "" is the mean. */
export const aggregate = own("agg");

/** Whether an aggregate is a mean and how far the numbers lie around it. */
export const hasSpread = (name: string) => /^(std|sem|ci95)$/.test(name);

const source = part(({ path, query, sort, group }) => ({ path, query, sort, group }));

/** What is in front of the query as it is sent: its errors tell places behind it. */
const front = computed(() => (source.value.path ? `path:${JSON.stringify(`${source.value.path}/**`)} ` : ""));

/** The query as it is sent. */
export const sent = computed(() => {
  const { query } = source.value;
  return front.value && query.trim() ? `${front.value}(${query})` : front.value.trimEnd() || query;
});

// Which columns are usual depends on the folder, and not on each letter of a query.
const params = computed(() => {
  const { sort, group } = source.value;
  const { cols, usual } = columnsAsked.value;
  const all = join([...new Set([...cols, group])].filter(Boolean));
  return { q: sent.value, sort: join(sort), group, cols: all, aggregate: group && (aggregate.value || "mean"), usual, among: usual && front.value };
});

let wanted = [0]; // numbers of windows
let asking = new AbortController();

/** Says which rows are seen, by their numbers; those that are missing are fetched. */
export function want(rows: number[]): void {
  wanted = [...new Set(rows.map((row) => Math.floor(row / WINDOW)))];
  for (const number of wanted) if (!result.peek().windows.has(number)) void fetchWindow(number);
}

/** Fetches again what is seen: something has changed. */
export function renew(): void {
  void load();
}

/** A row, or undefined where it has not come yet. */
export function row(found: Result, index: number): Row | undefined {
  return found.windows.get(Math.floor(index / WINDOW))?.[index % WINDOW];
}

async function load(): Promise<void> {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const given = params.peek();
  const asked = JSON.stringify(given);
  if (asked !== result.peek().asked) wanted = [0];
  // The first window is there always: it says which runs are shown.
  const numbers = [...new Set([0, ...wanted])];
  try {
    const answers = await Promise.all(numbers.map((number) => ask(given, number, signal)));
    const rows = new Map(answers.map((answer, at) => [numbers[at], toRows(answer)]));
    const { revision, total, found, groups = [] } = answers[0];
    batch(() => {
      problem.value = null;
      if (given.usual !== undefined && join(answers[0].usual) !== join(usual.peek())) usual.value = answers[0].usual;
      result.value = { asked, revision, total, found, groups, windows: rows };
    });
  } catch (error) {
    failed(error);
  }
}

const underway = new Set<number>();

async function fetchWindow(number: number): Promise<void> {
  const before = result.peek();
  if (underway.has(number) || before.asked === "") return;
  underway.add(number);
  try {
    const answer = await ask(JSON.parse(before.asked), number, asking.signal);
    const now = result.peek();
    if (now.asked === before.asked) {
      result.value = { ...now, windows: new Map(now.windows).set(number, toRows(answer)) };
    }
  } catch (error) {
    failed(error);
  } finally {
    underway.delete(number);
  }
}

/** All runs that are found, a thousand at a time; of each only what every row has. */
export async function everyRow(): Promise<Row[]> {
  const { q, sort } = params.peek();
  const rows: Row[] = [];
  for (let more = true; more; ) {
    const answer = await get<RunsAnswer>("runs", { q, sort, lo: rows.length, hi: rows.length + 1000 });
    const some = toRows(answer);
    rows.push(...some);
    more = some.length > 0 && rows.length < answer.found;
  }
  return rows;
}

/** The address of the table as a file: of these runs, or of all that are found. */
export function csvAddress(runs: string[] | null): string {
  const { q, sort } = params.peek();
  return address("runs.csv", { q, sort, cols: join(fetched.peek()), runs: runs ? join(runs) : "" });
}

function ask(given: typeof params.value, number: number, signal: AbortSignal): Promise<RunsAnswer> {
  return get<RunsAnswer>("runs", { ...given, lo: number * WINDOW, hi: (number + 1) * WINDOW }, signal);
}

/** The rows of an answer in columns. */
export function toRows({ columns }: RunsAnswer): Row[] {
  const names = Object.keys(columns);
  return columns.run.map((_, at) => Object.fromEntries(names.map((name) => [name, columns[name][at]])) as Row);
}

function failed(error: unknown): void {
  if (!(error instanceof Refused)) {
    if ((error as Error).name !== "AbortError") throw error;
    return;
  }
  const back = front.peek() ? front.peek().length + 1 : 0;
  const length = source.peek().query.length;
  const place = (at?: number) => (at === undefined ? undefined : Math.min(Math.max(at - back, 0), length));
  problem.value = new Refused(error.message, place(error.start), place(error.end));
}

/** Begins to follow the view; keystrokes of the filter come faster than answers are needed. Gives the first answer. */
export function follow(): Promise<void> {
  let waiting = 0;
  let first = Promise.resolve();
  effect(() => {
    void params.value;
    clearTimeout(waiting);
    if (result.peek().revision < 0) first = untracked(load);
    else waiting = window.setTimeout(() => void load(), 60);
  });
  return first;
}
