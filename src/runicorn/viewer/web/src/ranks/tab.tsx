// The ranks of a run side by side: one metric of all of them, which of them lag behind, and how each goes.
import { computed, signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { pin as pinThere, type Places } from "../charts/cursor";
import { changed } from "../charts/loader";
import { count } from "../parts/format";
import { Chart, LineNames } from "../run/chart";
import { moveTo } from "../run/cursor";
import { told, type Told } from "../run/run";
import { useWidth } from "../run/width";
import { follow } from "../state/keys";
import { calm } from "../state/live";
import { own, setOwn, view } from "../state/view";
import { answer, ask, band, beginning, each, problem, type Answer } from "./data";
import { Furthest } from "./furthest";
import { Heatmap } from "./heatmap";
import { List } from "./list";
import { drawn, isTime, stragglers, type Matrix, type Straggler } from "./stragglers";
import { openAt, opened } from "./text";

const HEIGHT = 260;
const LINES = 16;
const SLOWEST = 8;
const KINDS = ["band", "lines", "heatmap"];
const chosen = own("metric");
const kind = own("as");
const pointer = signal<number | null>(null);
const pinned = computed(() => (view.value.x === "step" ? view.value.cursor : null));
const places = computed((): Places => [pointer.value, pinned.value]);

/** The metric that is looked at: one that tells how long a step takes, where there is such. */
function metricOf({ metrics, system }: Told): string {
  const names = [...Object.keys(metrics), ...Object.keys(system)];
  return chosen.value || names.find(isTime) || names[0] || "";
}

function look(by: number): void {
  const at = KINDS.indexOf(kind.peek() || KINDS[0]);
  const next = KINDS[(at + by + KINDS.length) % KINDS.length];
  setOwn({ as: next === KINDS[0] ? "" : next });
}

export default function Tab({ run }: { run: string }) {
  const [place, width] = useWidth();
  const known = told.value!;
  const metric = metricOf(known);
  useEffect(() => {
    const renew = calm(() => void ask(run, metric), 1000);
    return changed.subscribe(renew);
  }, [run, metric]);
  useEffect(() => follow([{ section: "Ranks", key: "v", does: "band, lines or heatmap", run: () => look(1) }]), []);
  const found = answer.value?.asked === metric ? answer.value : null;
  const furthest = useMemo(() => (found ? stragglers(found.matrix).slice(0, SLOWEST) : []), [found]);
  return (
    <div class="ranks">
      <Tools known={known} metric={metric} matrix={found?.matrix} />
      {problem.value && <p class="broken">{problem.value}</p>}
      <div class="of-ranks">
        <div class="drawn" ref={place}>
          {found && width.value > 0 && <Drawn found={found} furthest={furthest} width={width.value} />}
        </div>
        {found && found.matrix.ranks.length > 1 && <Slowest run={run} found={found} furthest={furthest} timed={Object.keys(known.metrics).some(isTime)} />}
      </div>
      <List writers={known.writers} />
    </div>
  );
}

function Tools({ known, metric, matrix }: { known: Told; metric: string; matrix?: Matrix }) {
  const ranks = matrix?.ranks.length;
  const steps = matrix?.x0.length ? matrix.x1[0] - matrix.x0[0] + 1 : 1;
  const names = [...Object.keys(known.metrics), ...Object.keys(known.system)];
  if (metric && !names.includes(metric)) names.push(metric);
  return (
    <div class="toolbar" role="toolbar" aria-label="Ranks">
      <label class="choice">
        metric
        <select value={metric} onChange={(event) => setOwn({ metric: event.currentTarget.value })}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {KINDS.map((name) => (
        <button key={name} class={`switch ${(kind.value || KINDS[0]) === name ? "on" : ""}`} aria-pressed={(kind.value || KINDS[0]) === name} title="Next kind: v" onClick={() => setOwn({ as: name === KINDS[0] ? "" : name })}>
          {name}
        </button>
      ))}
      <span class="muted">
        {ranks === undefined ? (metric ? "reading the points …" : "no metric yet") : `${count(ranks)} ${ranks === 1 ? "rank" : "ranks"}`}
        {kind.value === "lines" && (ranks ?? 0) > LINES && `, drawn are ${LINES}: the furthest above the median, and the first of the others`}
        {steps > 1 && `, means of ${count(steps)} steps`}
      </span>
    </div>
  );
}

function Drawn({ found, furthest, width }: { found: Answer; furthest: Straggler[]; width: number }) {
  if (kind.value === "heatmap" && found.together.n) return <Heatmap matrix={found.matrix} width={width} height={HEIGHT} />;
  const lines = kind.value === "lines" ? each(found, drawn(found.matrix.ranks, furthest, LINES)) : band(found);
  const point = (x: number | null) => (pointer.value = x);
  const pin = (x: number, reach: number) => (view.peek().x === "step" ? pinThere(x, reach) : moveTo(Math.round(x), false));
  const told = { title: found.asked, found: lines, missing: false, range: null, places, point, pin, width, zoom: () => undefined };
  return (
    <>
      <Chart {...told} axis="step" height={HEIGHT} side="below" />
      <LineNames found={lines} pinned={pinned.value} />
    </>
  );
}

/** The ranks that are furthest above the others. `timed`: the run has said how long something took. */
function Slowest({ run, found, furthest, timed }: { run: string; found: Answer; furthest: Straggler[]; timed: boolean }) {
  const begun = useSignal<Map<string, number>>(new Map()); // of each, and the bin in which it began, the step
  const named = (rank: number, bin: number) => `${found.asked} ${rank} ${bin}`;
  useEffect(() => {
    const left = new AbortController();
    for (const one of furthest) {
      const name = one.since === null ? "" : named(one.rank, one.since);
      if (!name || begun.peek().has(name)) continue;
      const known = (step: number) => void (begun.value = new Map(begun.peek()).set(name, step));
      beginning(run, found, one, left.signal).then(known, () => undefined); // what refuses it refuses the next answer, too
    }
    return () => left.abort();
  }, [found]);
  return (
    <section class="slowest" aria-label="Furthest above the median">
      {!timed && (
        <p class="muted">
          No timing was logged, so which rank is slow cannot be told: <code>run.log({"{"}"step_time": …{"}"})</code> on each rank tells it.
        </p>
      )}
      <Furthest
        metric={found.asked}
        furthest={furthest}
        since={(rank, bin) => {
          const step = begun.value.get(named(rank, bin));
          return (
            <button class="link" title={`Opens ${opened.value}`} onClick={() => openAt(rank, step ?? bin)}>
              since {step === undefined && "about "}step {count(step ?? bin)}
            </button>
          );
        }}
      />
    </section>
  );
}
