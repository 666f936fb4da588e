// The tab "media": all that a run has kept besides numbers and tables, by key and step.
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { changed } from "../charts/loader";
import { follow } from "../state/keys";
import { calm } from "../state/live";
import { own } from "../state/view";
import { GRID_KEYS } from "./actions";
import { Grid } from "./grid";
import { Large } from "./large/large";
import { catalogue, problem, renew } from "./store";
import { Toolbar } from "./toolbar";

const open = own("medium");

export default function Tab({ run }: { run: string }) {
  useEffect(() => follow(GRID_KEYS(run)), [run]);
  useEffect(() => {
    const again = calm(() => void renew(run), 500);
    return effect(() => {
      void changed.value;
      again();
    });
  }, [run]);
  const known = catalogue(run);
  return (
    <section class="media" aria-label="Media">
      {problem.value && <p class="broken">{problem.value.message}</p>}
      {known && (open.value ? <Large run={run} /> : <Toolbar run={run} />)}
      {known && <Grid run={run} hidden={open.value !== ""} />}
    </section>
  );
}
