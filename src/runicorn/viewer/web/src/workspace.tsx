// The page "/": paths, runs and charts on one screen.
import { computed } from "@preact/signals";
import { over, KEYS } from "./actions";
import * as catalogue from "./charts/catalogue";
import { Charts } from "./charts/charts";
import { outdate, retry } from "./charts/loader";
import { Help } from "./parts/help";
import { Palette } from "./parts/palette";
import { Bar } from "./parts/bar";
import { Columns } from "./runs/columns";
import { Filter } from "./runs/filter";
import { learn } from "./runs/keys";
import * as results from "./runs/result";
import * as showing from "./runs/shown";
import { Grouping } from "./runs/grouping";
import { Table } from "./runs/table";
import { renewTree, Tree } from "./runs/tree";
import * as keys from "./state/keys";
import { calm, listen } from "./state/live";
import { part } from "./state/view";

const hidden = part((view) => view.hidden);

export function Workspace() {
  const has = (pane: string) => !hidden.value.includes(pane);
  const panes = ["tree", "runs", "charts"].filter(has);
  return (
    <div class="workspace">
      <Bar />
      <section class="asking" aria-label="Which runs">
        <Filter />
        <Grouping />
      </section>
      <main class={`panes ${panes.map((pane) => `with-${pane}`).join(" ")}`}>
        {has("tree") && <Tree />}
        {has("runs") && <Table />}
        {has("charts") && <Charts />}
      </main>
      {over.value === "help" && <Help />}
      {over.value === "columns" && <Columns />}
      {over.value === "palette" && <Palette />}
    </div>
  );
}

/** Begins to follow keys, the view and the server. */
export function begin(): void {
  keys.follow(KEYS);
  results.follow();
  showing.follow();
  catalogue.follow();
  void renewTree();
  void learn();
  const renew = calm(() => {
    results.renew();
    void renewTree();
  }, 500);
  const relearn = calm(() => void learn(), 10_000);
  const metrics = calm(() => void catalogue.renewMetrics().catch(() => undefined), 1000);
  listen({
    runs: () => (loaded.value ? { all: showing.ids.value, open: open() } : null),
    onRuns: (revision) => {
      retry();
      if (revision === results.result.peek().revision) return;
      renew();
      relearn();
    },
    onRun: (run) => {
      outdate(run);
      metrics();
    },
  });
}

const loaded = computed(() => results.result.value.revision >= 0);

function open(): string[] {
  return showing.shown.peek().flatMap(({ run, status }) => (status === "running" ? run : []));
}
