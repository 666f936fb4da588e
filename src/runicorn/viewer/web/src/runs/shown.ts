// The runs that charts draw: the first of the table, and those that were switched on by hand.
import { computed, effect, signal } from "@preact/signals";
import { get, type RunsAnswer } from "../server/api";
import { change, part, view } from "../state/view";
import { assign, remember, remembered } from "./colours";
import { result, row, toRows, type Row } from "./result";

const GROUPED = 100; // runs that groups are of, unless the address says more

const show = part((view) => view.show);
/** How many of the first runs of the table are drawn; groups are of more than can be told apart as lines. */
const first = part(({ show: { top }, lines }) => (lines && top ? Math.max(top, GROUPED) : top));

/** What a page of its own draws, whatever the table shows: the run of a run's page, the two that are compared. */
export const alone = signal<Row[] | null>(null);

/** What is known of runs that are switched on and not among the rows that were fetched. */
const elsewhere = signal<Map<string, Row>>(new Map());

/** The runs that are drawn, in the order of the table, then those that are not in it. */
export const shown = computed<Row[]>(() => {
  if (alone.value) return alone.value;
  const { on, off } = show.value;
  const found = result.value;
  const loaded = [...found.windows.entries()].sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
  const rows = Array.from({ length: Math.min(first.value, found.found) }, (_, at) => row(found, at));
  const there = rows.filter((one): one is Row => one !== undefined && !off.includes(one.run));
  const names = new Set(there.map((one) => one.run));
  const byHand = on.filter((run) => !names.has(run));
  const known = new Map([...elsewhere.value, ...loaded.map((one): [string, Row] => [one.run, one])]);
  return [...there, ...byHand.flatMap((run) => known.get(run) ?? [])];
});

/** The ids of the runs that are drawn. It changes only when they do. */
export const ids = part(() => shown.value.map((one) => one.run));

/** The colour and dashes of each run that is drawn; two that are compared have the two that differ most. */
let assigned = remembered();
export const slots = computed(() => {
  const all = ids.value;
  const two = alone.value !== null && all.length > 1;
  if (!two) remember((assigned = assign(all, assigned))); // it knows of runs that were drawn before, too
  return new Map(all.map((run, at) => [run, two ? at : assigned.get(run)!]));
});

/** Shows a run, or hides it. */
export function toggle(run: string): void {
  const { top, on, off } = view.peek().show;
  const visible = ids.peek().includes(run);
  const without = (runs: string[]) => runs.filter((one) => one !== run);
  const usual = firstRows().includes(run);
  change({
    show: {
      top,
      on: visible || usual ? without(on) : [...without(on), run],
      off: visible && usual ? [...without(off), run] : without(off),
    },
  });
}

/** Shows this run alone; once more: the first ones again. */
export function only(run: string): void {
  const alone = ids.peek().length === 1 && ids.peek()[0] === run;
  change({ show: alone ? { top: 10, on: [], off: [] } : { top: 0, on: [run], off: [] } });
}

function firstRows(): string[] {
  const found = result.peek();
  return Array.from({ length: Math.min(first.peek(), found.found) }, (_, at) => row(found, at)?.run ?? "");
}

/** Begins to ask for runs that are switched on and that no window of the table has brought. */
export function follow(): void {
  effect(() => {
    const names = new Set(shown.value.map((one) => one.run));
    const missing = show.value.on.filter((run) => !names.has(run));
    if (missing.length && result.value.revision >= 0) void find(missing);
  });
}

let asked = "";

async function find(runs: string[]): Promise<void> {
  const query = runs.map((run) => `run=${JSON.stringify(run)}`).join(" or ");
  if (query === asked) return;
  asked = query;
  const answer = await get<RunsAnswer>("runs", { q: query }).catch(() => null);
  if (answer) elsewhere.value = new Map([...elsewhere.peek(), ...toRows(answer).map((one): [string, Row] => [one.run, one])]);
}
