// What can be done with several runs at once: those that are marked, or else the one that keys are about.
import { count } from "../parts/format";
import { complain } from "../parts/toast";
import { get, Refused, type RunsAnswer } from "../server/api";
import { edit, type Changes } from "../state/edits";
import { rooted } from "../state/place";
import { checkEdits } from "../state/rights";
import { change, view } from "../state/view";
import { focusedRun } from "./focus";
import { asking, marked, unmark, type Field } from "./marks";
import { csvAddress, result, toRows, type Row } from "./result";

const AT_ONCE = 100; // runs in a query
const MOST_IN_ADDRESS = 1000;

/** The runs that are meant. */
export function meant(): string[] {
  if (marked.peek().size) return [...marked.peek()];
  const run = focusedRun();
  return run ? [run] : [];
}

export function ask(field: Field): () => void {
  return () => {
    if (meant().length && checkEdits()) asking.value = field;
  };
}

/** Says this of the runs. */
export async function say(field: Field, text: string): Promise<void> {
  const runs = meant();
  asking.value = null;
  const some = amount(runs);
  if (field === "group") await apply(runs, () => ({ group: text || null }), text ? `${some}: group ${text}.` : `${some}: no group.`);
  else if (field === "alias") await apply(runs.slice(0, 1), () => ({ alias: text || null }), text ? `The run is called ${text}.` : "The run has no alias.");
  else if (text && field === "tag") await apply(runs, ({ tags }) => ({ tags: [...tags.filter((tag) => tag !== text), text] }), `${some}: tag ${text}.`);
  else if (text) await apply(runs, ({ tags }) => ({ tags: tags.filter((tag) => tag !== text) }), `${some}: the tag ${text} is taken away.`);
}

/** Puts the runs into the trash. */
export async function trash(): Promise<void> {
  const runs = meant();
  const now = Date.now() / 1000;
  if (await apply(runs, () => ({ trashed_at: now }), `${amount(runs)}: in the trash.`)) unmark();
}

/** Draws the runs, or not. */
export function draw(visible: boolean): void {
  const runs = meant();
  const { top, on, off } = view.peek().show;
  const others = (some: string[]) => some.filter((run) => !runs.includes(run));
  change({ show: visible ? { top, on: [...others(on), ...runs], off: others(off) } : { top, on: others(on), off: [...others(off), ...runs] } });
}

/** Draws the runs and no others. */
export function drawOnly(): void {
  change({ show: { top: 0, on: meant(), off: [] } });
}

/** Opens the page that says why two runs differ. */
export function compare(): void {
  const [a, b, ...more] = meant();
  if (b === undefined || more.length) complain("Mark two runs, by their boxes or with x: these are compared.");
  else location.assign(rooted(`/diff?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`));
}

/** Has the browser keep the table: the runs that are marked, or else all that are found. */
export function download(): void {
  const runs = [...marked.peek()];
  const all = runs.length === 0 || runs.length === result.peek().found;
  if (!all && runs.length > MOST_IN_ADDRESS) complain(`A file of marked runs holds ${count(MOST_IN_ADDRESS)} at most: filter, and unmark all.`);
  else location.assign(csvAddress(all ? null : runs));
}

/** "7 runs". */
function amount(runs: string[]): string {
  return runs.length === 1 ? "1 run" : `${count(runs.length)} runs`;
}

async function apply(runs: string[], changed: (run: { tags: string[] }) => Changes, text: string): Promise<boolean> {
  if (!runs.length) return false;
  try {
    const rows = await rowsOf(runs); // as they are now: what the table has may be older
    const edits = rows.map((row) => ({ run: row.run, changes: changed({ tags: (row.tags ?? []) as string[] }) }));
    return await edit(edits, text);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    complain(error.message);
    return false;
  }
}

async function rowsOf(runs: string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (let at = 0; at < runs.length; at += AT_ONCE) {
    const q = runs.slice(at, at + AT_ONCE).map((run) => `run=${JSON.stringify(run)}`).join(" or ");
    rows.push(...toRows(await get<RunsAnswer>("runs", { q, hi: AT_ONCE })));
  }
  return rows;
}
