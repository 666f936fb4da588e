// The page "/artifacts": what all runs were made from and what came out of them, and one of these with its versions.
import { computed, effect, signal } from "@preact/signals";
import { AnyRoot } from "../parts/any-root";
import { Bar } from "../parts/bar";
import { ago, bytes, count, moment } from "../parts/format";
import { Overs, PAGE_KEYS } from "../parts/overs";
import { Rows } from "../parts/rows";
import { Windows } from "../parts/windows";
import * as keys from "../state/keys";
import { calm, listen } from "../state/live";
import { change, own, part, setOwn } from "../state/view";
import { KINDS, list, type Artifact, type Kind } from "./answers";
import { choose, chosen } from "./choice";
import { Detail, outdate } from "./detail";

const HEIGHT = 26;
const COLUMNS = ["name", "kind", "versions", "runs", "size", "time"];
const words = own("has");
const only = own("only");
const kind = own("kind");
const sort = part((view) => view.sort[0] ?? "-time");
const counts = signal<Record<Kind, number> | null>(null);
const asked = computed(() => JSON.stringify({ q: words.value, kind: only.value, sort: sort.value }));

/** Those that are listed. */
const listed = computed(() => {
  const params = JSON.parse(asked.value) as Record<string, string>;
  return new Windows<Artifact>(async (lo, hi) => {
    const { found, artifacts, counts: told } = await list({ ...params, lo, hi });
    counts.value = told;
    return { found, rows: artifacts };
  });
});

const KEYS = [
  { section: "Artifacts", key: "/", does: "find by name", run: () => document.getElementById("has")?.focus() },
  { section: "Artifacts", key: "k", does: "the one above", run: () => move(-1) },
  { section: "Artifacts", key: "j", does: "the one below", run: () => move(1) },
  { section: "Artifacts", key: "t", does: "next kind", run: () => setOwn({ only: ["", ...KINDS][(["", ...KINDS].indexOf(only.peek()) + 1) % 5] }) },
  { section: "Artifacts", key: "Escape", does: "none", run: () => choose("", "") },
];

export default function Page() {
  const windows = listed.value;
  const found = windows.found.value;
  return (
    <div class="artifacts-page">
      <Bar skip={[".artifacts", "Go to the artifacts"]} crumbs={<span class="crumb">artifacts</span>}>
        <AnyRoot />
      </Bar>
      <Toolbar found={found} />
      {windows.problem.value && <p class="broken">{windows.problem.value}</p>}
      <main class={`artifacts ${chosen.value.name ? "with-one" : ""}`} tabIndex={-1}>
        <section aria-label="All artifacts">
          <Head />
          {found === 0 ? (
            <Nothing />
          ) : (
            <Rows key={asked.value} windows={windows} label="Artifacts" height={HEIGHT} current={at()}>
              {(artifact) => <Line artifact={artifact} />}
            </Rows>
          )}
        </section>
        {chosen.value.name && <Detail key={`${kind.value} ${chosen.value.name}`} kind={kind.value} name={chosen.value.name} />}
      </main>
      <Overs />
    </div>
  );
}

function Toolbar({ found }: { found: number }) {
  return (
    <section class="asked" aria-label="Which artifacts">
      <input
        id="has"
        type="search"
        placeholder="find by name"
        aria-label="Find by name"
        value={words.value}
        onInput={(event) => setOwn({ has: event.currentTarget.value }, true)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      {KINDS.map((name) => (
        <button key={name} class={`switch ${only.value === name ? "on" : ""}`} aria-pressed={only.value === name} onClick={() => setOwn({ only: only.value === name ? "" : name })}>
          {name} <span class="amount">{counts.value && count(counts.value[name])}</span>
        </button>
      ))}
      <span class="muted">{found >= 0 && `${count(found)} ${found === 1 ? "artifact" : "artifacts"}`}</span>
    </section>
  );
}

function Head() {
  return (
    <div class="line-of head">
      {COLUMNS.map((name) => {
        const [down, up] = [sort.value === `-${name}`, sort.value === name];
        const next = down ? name : up || !["name", "kind"].includes(name) ? `-${name}` : name;
        return (
          <button key={name} class={`plain of-${name}`} title={`Sort by ${name}`} onClick={() => change({ sort: next === "-time" ? [] : [next] })}>
            {name}
            {down ? " ▾" : up ? " ▴" : ""}
          </button>
        );
      })}
    </div>
  );
}

function Line({ artifact }: { artifact: Artifact }) {
  const { kind: of, name, versions, runs, size, time, archived } = artifact;
  const open = isOpen(artifact);
  return (
    <button class={`line-of ${open ? "chosen" : ""}`} aria-pressed={open} onClick={() => choose(of, name)}>
      <span class="of-name" title={name}>
        {name}
      </span>
      <span class="of-kind muted">{of}</span>
      <span class="of-versions">{count(versions)}</span>
      <span class="of-runs">{count(runs)}</span>
      <span class="of-size">{size === null ? "" : bytes(size)}</span>
      <span class="of-time muted" title={`${moment(time)}${archived ? "" : ", not archived"}`}>
        {ago(time, Date.now() / 1000)}
      </span>
    </button>
  );
}

function Nothing() {
  if (words.value || only.value) return <p class="nothing">None of the artifacts is meant.</p>;
  return (
    <p class="nothing">
      No run has said what it was made from, and nothing came out: <code>run.log_dataset(name, path, save=True)</code>, <code>run.log_pretrained(…)</code>,{" "}
      <code>run.watch_outputs(…)</code> and <code>rn.init(snapshot_code=True)</code> do.
    </p>
  );
}

function isOpen(artifact: Artifact): boolean {
  return artifact.name === chosen.value.name && (!kind.value || kind.value === artifact.kind);
}

/** The place of the one that is open, as far as it is known. */
function at(): number {
  const windows = listed.value;
  void windows.arrived.value;
  for (let place = 0; place < windows.found.value; place++) {
    const row = windows.row(place);
    if (row && isOpen(row)) return place;
  }
  return -1;
}

function move(by: number): void {
  const row = listed.peek().row(Math.max(0, at() + by));
  if (row) choose(row.kind, row.name);
}

/** Begins to follow keys, the address and the server. */
export function begin(): void {
  keys.follow([...PAGE_KEYS, ...KEYS]);
  effect(() => void (document.title = `${chosen.value.name || "artifacts"} · runicorn`));
  const renew = calm(() => (listed.peek().renew(), outdate()), 2000);
  listen({ runs: () => ({ all: [], open: [] }), onRuns: renew, onRun: () => undefined });
}
