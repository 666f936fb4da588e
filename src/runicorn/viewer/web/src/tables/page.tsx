// The tab "tables": one of the run's tables at the step of the cursor, or two that are compared.
import { effect, useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { changed } from "../charts/loader";
import { step as cursor } from "../run/cursor";
import { find, renew, catalogue, problem, series } from "../media/store";
import type { Series } from "../media/series";
import { follow } from "../state/keys";
import { calm } from "../state/live";
import { split } from "../state/lists";
import { own } from "../state/view";
import { TABLE_KEYS } from "./actions";
import { Compared } from "./compared";
import { Rows, type Place, type Question } from "./data";
import { Grid } from "./grid";
import { compared, order } from "./state";
import { Toolbar } from "./toolbar";

const name = own("table");
const query = own("rows");
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
  const last = useRef<Rows | null>(null);
  const rows = useComputed(() => {
    const found = JSON.parse(question.value) as Question | null;
    return (last.current = found && new Rows(found, last.current));
  });
  return (
    <>
      <Toolbar run={run} series={series} keys={keys} rows={rows.value} />
      {rows.value && <Compared rows={rows.value} />}
      {place === -1 && <p class="nothing">This table was logged from step {series.told.first} on.</p>}
      {medium?.error && <p class="broken">{medium.error}</p>}
      {medium && !medium.error && medium.bytes === null && <p class="nothing">It is being made …</p>}
      {rows.value && <Grid rows={rows.value} />}
    </>
  );
}

/** What is asked for; null while that is not known. */
function asked(run: string, series: Series): Question | null {
  const here = tableAt(run, series, cursor.value);
  if (!here) return null;
  const { kind, what } = compared();
  let other: Question["other"] = null;
  if (kind === "step") other = tableAt(run, series, Number(what));
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

function Nothing() {
  return (
    <div class="nothing">
      <p>This run has no tables yet. Frames, rows and arrays are logged like numbers; cells may be images:</p>
      <pre>{'run.log({"predictions": rn.Table(["image", "label", "score"], rows)}, step=step)'}</pre>
    </div>
  );
}
