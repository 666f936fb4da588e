// The page "/": paths, runs and charts on one screen.
import { computed, effect } from "@preact/signals";
import { KEYS } from "./actions";
import { CHART_KEYS } from "./charts/actions";
import * as catalogue from "./charts/catalogue";
import { Charts } from "./charts/charts";
import { outdate, retry } from "./charts/loader";
import { Bar } from "./parts/bar";
import { Icon } from "./parts/icon";
import { isSilent } from "./parts/silence";
import { later } from "./parts/later";
import { over, Overs, PAGE_KEYS } from "./parts/overs";
import { Roots } from "./parts/roots";
import { offers, type Choice } from "./parts/offers";
import { Divider, tableWidth } from "./runs/divider";
import { Filter } from "./runs/filter";
import { fetched, learn } from "./runs/keys";
import { short } from "./runs/kinds";
import { asking, marked } from "./runs/marks";
import * as results from "./runs/result";
import { running } from "./runs/seen";
import * as showing from "./runs/shown";
import { Grouping } from "./runs/grouping";
import { Table } from "./runs/table";
import { paths, renewTree, Tree } from "./runs/tree";
import { learnViews, openView, Views, views } from "./runs/views";
import { edited } from "./state/edits";
import * as keys from "./state/keys";
import { calm, listen } from "./state/live";
import { runPage } from "./state/place";
import { change, own, part, setOwn } from "./state/view";

const Chosen = later(() => import("./runs/chosen"), true);
const Columns = later(() => import("./runs/columns"), true);
const SOON = 100; // milliseconds
const AGAIN = 30_000; // likewise: a run that falls silent tells nobody
const hidden = part((view) => view.hidden);
const path = part((view) => view.path);
const seen = own("seen");

export default function Workspace() {
  const has = (pane: string) => !hidden.value.includes(pane);
  const panes = ["tree", "runs", "charts"].filter(has);
  return (
    <div class="workspace">
      <Bar skip={[".table", "Go to the runs"]} crumbs={<Crumbs />}>
        <Roots roots={paths.value.roots} />
        <Running />
      </Bar>
      <section class="asking" aria-label="Which runs">
        <Filter />
      </section>
      <section class="looks" aria-label="How runs are shown">
        {(marked.value.size > 0 || asking.value) && <Chosen />}
        <Views />
        <Grouping />
      </section>
      <PhoneTabs />
      <main class={`panes ${panes.map((pane) => `with-${pane}`).join(" ")} seen-${seen.value || "runs"}`} style={tableWidth()}>
        {has("tree") && <Tree />}
        {has("runs") && <Table />}
        {has("charts") && <Charts>{has("runs") && <Divider />}</Charts>}
      </main>
      {over.value === "columns" && <Columns />}
      <Overs />
    </div>
  );
}

/** What a phone shows, which has no room for both. */
function PhoneTabs() {
  return (
    <nav class="tabs on-phone" aria-label="What is shown">
      {["runs", "charts"].map((pane) => (
        <button key={pane} class="plain" aria-current={pane === (seen.value || "runs") ? "page" : undefined} onClick={() => setOwn({ seen: pane })}>
          {pane}
        </button>
      ))}
    </nav>
  );
}

function Crumbs() {
  const names = path.value.split("/").filter(Boolean);
  return names.map((name, at) => (
    <button key={at} class="crumb" onClick={() => change({ path: names.slice(0, at + 1).join("/") })}>
      {name}
    </button>
  ));
}

function Running() {
  const { running } = paths.value;
  const silent = running.filter(isSilent).length;
  if (!running.length) return null;
  return (
    <button class="switch" title="Show only these" onClick={() => change({ query: "status=running" })}>
      <span class={`status ${silent ? "silent" : "running"}`}>
        <Icon name="running" />
        {running.length} <span class="word">running{silent > 0 && `, ${silent < running.length ? `${silent} ` : ""}silent`}</span>
      </span>
    </button>
  );
}

function found(): Choice[] {
  const rows = [...results.result.value.windows.values()].flat();
  return [
    ...fetched.value.map((key) => ({ kind: "sort", text: `sort by ${short(key)}`, run: () => change({ sort: [`-${key}`] }) })),
    ...Object.keys(paths.value.paths).map((path) => ({ kind: "path", text: path, run: () => change({ path }) })),
    ...rows.map(({ run, alias, path }) => ({
      kind: "run",
      text: `${alias || run}  ${path}`,
      run: () => location.assign(runPage(run) + location.search),
    })),
    ...Object.keys(views.value ?? {}).map((name) => ({ kind: "view", text: name, run: () => openView(name) })),
  ];
}

/** Begins to follow keys, the view and the server. Resolves with the first rows, so that they are drawn at once, or soon. */
export function begin(): Promise<unknown> {
  keys.follow([...PAGE_KEYS, ...CHART_KEYS, ...KEYS]);
  offers.value = found;
  const rows = results.follow();
  showing.follow();
  catalogue.follow();
  void renewTree();
  void learn();
  void learnViews();
  const renew = calm(() => {
    results.renew();
    void renewTree();
  }, 500);
  const relearn = calm(() => void learn(), 10_000);
  const metrics = calm(() => void catalogue.renewMetrics().catch(() => undefined), 1000);
  effect(() => {
    if (edited.value) renew();
  });
  setInterval(() => !document.hidden && paths.peek().running.length && renew(), AGAIN);
  listen({
    runs: () => (loaded.value ? { all: [...new Set([...showing.ids.value, ...running.value])], open: open() } : null),
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
  return Promise.race([rows, new Promise((done) => setTimeout(done, SOON))]);
}

const loaded = computed(() => results.result.value.revision >= 0);

function open(): string[] {
  const drawn = showing.shown.peek().flatMap(({ run, status }) => (status === "running" ? run : []));
  return [...new Set([...drawn, ...running.peek()])];
}
