// The tab "tables": one of the run's tables at the step of the cursor, or two that are compared.
import { useEffect } from "preact/hooks";
import { catalogue, following, problem } from "../media/store";
import type { Series } from "../media/series";
import { step as cursor } from "../run/cursor";
import { follow } from "../state/keys";
import { TABLE_KEYS } from "./actions";
import { Compared } from "./compared";
import { Grid } from "./grid";
import { rows, shown, tables } from "./shown";
import { Toolbar } from "./toolbar";

export { begin } from "./shown";

export default function Tab({ run }: { run: string }) {
  following.use();
  const series = shown.value;
  const keys = tables.value.map(({ key }) => key);
  useEffect(() => (series ? follow(TABLE_KEYS(series, keys)) : undefined), [series, keys.length]);
  return (
    <section class="tables" aria-label="Tables">
      {problem.value && <p class="broken">{problem.value.message}</p>}
      {catalogue(run) && !series && <Nothing />}
      {series && <Shown run={run} series={series} keys={keys} />}
    </section>
  );
}

function Shown({ run, series, keys }: { run: string; series: Series; keys: string[] }) {
  const place = series.place(cursor.value);
  const medium = place === undefined || place < 0 ? undefined : series.full(place)?.media[0];
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

function Nothing() {
  return (
    <div class="nothing">
      <p>This run has no tables yet. Frames, rows and arrays are logged like numbers; cells may be images:</p>
      <pre>{'run.log({"predictions": rn.Table(["image", "label", "score"], rows)}, step=step)'}</pre>
    </div>
  );
}
