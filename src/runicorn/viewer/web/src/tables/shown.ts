// Which of the run's tables is shown, and the rows of it that are asked for.
import { computed } from "@preact/signals";
import type { Series } from "../media/series";
import { catalogue, find, following, problem, renew, series } from "../media/store";
import { step as cursor } from "../run/cursor";
import { until } from "../run/following";
import { id } from "../run/run";
import { split } from "../state/lists";
import { own } from "../state/view";
import { Rows, type Place, type Question } from "./data";
import { compared, order } from "./state";

const name = own("table");
const query = own("rows");
const by = own("by");
const differ = own("differing");

/** The run's tables. */
export const tables = computed(() => (catalogue(id)?.keys ?? []).filter(({ type }) => type === "table"));

/** The one that is shown; null: there is none, or it is not known yet. */
export const shown = computed(() => {
  const told = tables.value.find(({ key }) => key === name.value) ?? tables.value[0];
  return told ? series(id, told) : null;
});

const question = computed(() => JSON.stringify(shown.value && asked(find(id, "table", shown.value.told.key) ?? shown.value)));
let last: Rows | null = null;

/** Its rows at the step of the cursor; null while that is not known. */
export const rows = computed(() => {
  const found = JSON.parse(question.value) as Question | null;
  return (last = found && new Rows(found, last));
});

/** Asks which tables there are, and for the first rows of the one that is shown. */
export async function begin(): Promise<void> {
  following.begin();
  await until(() => catalogue(id) || problem.value);
  if (!shown.peek()) return;
  await until(() => rows.value);
  rows.peek()!.want(0, 1, []);
  await until(() => rows.value?.head.value);
}

/** What is asked for; null while that is not known. */
function asked(series: Series): Question | null {
  const here = tableAt(id, series, cursor.value);
  if (!here) return null;
  const { kind, what } = compared();
  let other: Question["other"] = null;
  if (kind === "step") other = tableAt(id, series, Number(what));
  if (kind === "run") {
    if (!catalogue(what)) void renew(what);
    const theirs = find(what, "table", series.told.key);
    other = theirs && tableAt(what, theirs, cursor.value);
  }
  return { ...here, sort: order.value, query: query.value, other, by: split(by.value), differ: differ.value !== "" };
}

/** The table that was there at a step; null where none is, or where it is not known yet. */
function tableAt(run: string, series: Series, wanted: number | null): Place | null {
  const place = series.place(wanted);
  const row = place === undefined || place < 0 ? undefined : series.full(place);
  const medium = row?.media[0];
  return row && medium?.file && medium.bytes !== null && !medium.error ? { run, file: medium.file, step: row.step } : null;
}
