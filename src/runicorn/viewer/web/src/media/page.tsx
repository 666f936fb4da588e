// The tab "media": all that a run has kept besides numbers and tables, by key and step.
import { useLayoutEffect } from "preact/hooks";
import { step as cursor } from "../run/cursor";
import { until } from "../run/following";
import { id } from "../run/run";
import { follow } from "../state/keys";
import { own } from "../state/view";
import { GRID_KEYS } from "./actions";
import { Grid } from "./grid";
import { Large } from "./large/large";
import { isStrip } from "./panel";
import { catalogue, chosen, following, problem, series } from "./store";
import { preload } from "./strip";
import { Toolbar } from "./toolbar";

const FIRST = 6; // keys that are on the screen at first, about
const open = own("medium");

/** Asks for the keys, and for what the first of them show. */
export async function begin(): Promise<void> {
  following.begin();
  await until(() => catalogue(id) || problem.value);
  const first = chosen.peek()(id).slice(0, FIRST);
  const shown = () => first.map((told) => series(id, told).at(cursor.value));
  await until(() => shown().every((row) => row !== undefined));
  for (const [at, row] of shown().entries()) if (row && isStrip(first[at])) preload(series(id, first[at]), row);
}

export default function Tab({ run }: { run: string }) {
  const isGrid = !open.value;
  useLayoutEffect(() => (isGrid ? follow(GRID_KEYS(run)) : undefined), [run, isGrid]); // one that is seen alone has keys of its own
  following.use();
  const known = catalogue(run);
  return (
    <section class="media" aria-label="Media">
      {problem.value && <p class="broken">{problem.value.message}</p>}
      {known && (open.value ? <Large run={run} /> : <Toolbar run={run} />)}
      {known && <Grid run={run} hidden={open.value !== ""} />}
    </section>
  );
}
