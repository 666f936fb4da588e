// The tab "tables": one of the run's tables at the step of the cursor, or two that are compared.
import { effect, useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { changed } from "../charts/loader";
import { step as cursor } from "../run/cursor";
import { find, renew, catalogue, problem, series } from "../media/store";
import type { Series } from "../media/series";
import { follow } from "../state/keys";
import { calm } from "../state/live";
import { split } from "../state/lists";
import { own } from "../state/view";
import { TABLE_KEYS } from "./actions";
import { Rows, type Question } from "./data";
import { Grid } from "./grid";
import { compared, order } from "./state";
import { Toolbar } from "./toolbar";

const name = own("table");
const search = own("rows");
const by = own("by");
const differ = own("differing");

export default function Tab({ run }: { run: string }) {
  useEffect(() => {
    const again = calm(() => void renew(run), 500);
    return effect(() => {
      void changed.value;
      again();
    });
  }, [run]);
  const keys = (catalogue(run)?.keys ?? []).filter(({ type }) => type === "table");
  const told = keys.find(({ key }) => key === name.value) ?? keys[0];
  const shown = told ? series(run, told) : null;
  useEffect(() => (shown ? follow(TABLE_KEYS(shown)) : undefined), [shown]);
  return (
    <section class="tables" aria-label="Tables">
      {problem.value && <p class="broken">{problem.value.message}</p>}
      {catalogue(run) && !told && <Nothing />}
      {shown && <Shown run={run} series={shown} keys={keys.map(({ key }) => key)} />}
    </section>
  );
}

function Shown({ run, series, keys }: { run: string; series: Series; keys: string[] }) {
  const question = useComputed(() => JSON.stringify(asked(run, find(run, "table", series.told.key) ?? series)));
  const place = series.place(cursor.value);
  const medium = place === undefined || place < 0 ? undefined : series.full(place)?.media[0];
  const rows = useComputed(() => {
    const found = JSON.parse(question.value) as Question | null;
    return found && new Rows(found);
  });
  return (
    <>
      <Toolbar run={run} series={series} keys={keys} rows={rows.value} />
      {place === -1 && <p class="nothing">This table was logged from step {series.told.first} on.</p>}
      {medium?.error && <p class="broken">{medium.error}</p>}
      {medium && !medium.error && medium.bytes === null && <p class="nothing">It is being made …</p>}
      {rows.value && <Grid rows={rows.value} />}
    </>
  );
}

/** What is asked for; null while that is not known. */
function asked(run: string, series: Series): Question | null {
  const file = fileAt(series, cursor.value);
  if (!file) return null;
  const { kind, what } = compared();
  let other: Question["other"] = null;
  if (kind === "step") other = second(run, fileAt(series, Number(what)));
  if (kind === "run") {
    if (!catalogue(what)) void renew(what);
    const theirs = find(what, "table", series.told.key);
    other = theirs && second(what, fileAt(theirs, cursor.value));
  }
  return { run, file, sort: order.value, search: search.value, other, by: split(by.value), differ: differ.value !== "" };
}

function second(run: string, file: string | null): Question["other"] {
  return file ? { run, file } : null;
}

function fileAt(series: Series, step: number | null): string | null {
  const place = series.place(step);
  const medium = place === undefined || place < 0 ? undefined : series.full(place)?.media[0];
  return medium?.file && medium.bytes !== null && !medium.error ? medium.file : null;
}

function Nothing() {
  return (
    <div class="nothing">
      <p>This run has no tables yet. Frames, rows and arrays are logged like numbers; cells may be images:</p>
      <pre>{'run.log({"predictions": rn.Table(["image", "label", "score"], rows)}, step=step)'}</pre>
    </div>
  );
}
