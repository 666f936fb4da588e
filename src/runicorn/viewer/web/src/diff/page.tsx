// The page "/diff?a=&b=": in what two runs differ, and so why one is better.
import { effect } from "@preact/signals";
import { CHART_KEYS } from "../charts/actions";
import * as catalogue from "../charts/catalogue";
import { Charts } from "../charts/charts";
import { outdate, retry } from "../charts/loader";
import { Bar } from "../parts/bar";
import { duration, moment } from "../parts/format";
import { Overs, PAGE_KEYS } from "../parts/overs";
import { Status } from "../runs/cells";
import { HUES } from "../runs/colours";
import { alone, ids, slots } from "../runs/shown";
import * as keys from "../state/keys";
import { calm, listen } from "../state/live";
import { rooted, runPage } from "../state/place";
import { own, setOwn } from "../state/view";
import { compare, followCursor, metrics, problem, settings, sides, there, type Settings, type Side } from "./answers";
import { Code, nextFile, turnUnified } from "./code";
import { Conversations } from "./conversations";
import { over, telling } from "./judged";
import { followEvents } from "./happened";
import { followRanks, lagging } from "./lagging";
import { Metrics } from "./metrics";
import { likened, withoutBest, withoutGit } from "./once";
import { followRollouts, rollouts } from "./rollouts";
import { Section, Values } from "./rows";
import { HARDWARE, without } from "./sections";
import { Verdict } from "./verdict";

const all = own("all");
const find = own("find-row");

function swap(): void {
  const { a, b } = sides.peek();
  setOwn({ a: b, b: a });
}

const turnAll = () => setOwn({ all: all.peek() ? "" : "1" });

const TAKEN = new Set(["a", "m"]);
const KEYS = [
  { section: "Difference", key: "a", does: "what is the same, too", run: turnAll },
  { section: "Difference", key: "x", does: "swap the two runs", run: swap },
  { section: "Difference", key: "j", does: "opens the next file of the code (Enter closes it)", run: () => nextFile(1) },
  { section: "Difference", key: "k", does: "the file before", run: () => nextFile(-1) },
  { section: "Difference", key: "u", does: "lines of code in one column, or side by side", run: turnUnified },
  { section: "Difference", key: "/", does: "find rows", run: () => document.getElementById("find-row")?.focus() },
];

export default function Page() {
  const found = settings.value;
  return (
    <div class="diff-page">
      <Bar skip={[".differences", "Go to the differences"]} crumbs={<span class="crumb">difference</span>} />
      {found && <Sides a={found.a} b={found.b} />}
      <main class="differences" tabIndex={-1}>
        {problem.value && <p class="broken">{problem.value.message}</p>}
        {found ? <Told found={found} /> : !problem.value && <Nothing />}
        {alone.value && <Charts />}
      </main>
      <Overs />
    </div>
  );
}

function Nothing() {
  if (sides.value.a || sides.value.b) return <p class="nothing late">Comparing the two runs …</p>;
  return (
    <p class="nothing">
      Which two runs? Mark two in the table, or name them in the address: <code>/diff?a=RUN&amp;b=RUN</code>.
    </p>
  );
}

function Sides({ a, b }: { a: Side; b: Side }) {
  return (
    <section class="sides" aria-label="The runs">
      <Name letter="A" side={a} />
      <button class="switch" title="Swap the two runs (x)" onClick={swap}>
        ⇄
      </button>
      <Name letter="B" side={b} />
      <span class="room" />
      <label class="choice">
        <input type="checkbox" checked={!all.value} onChange={turnAll} /> only differences
      </label>
      <input
        id="find-row"
        class="find"
        type="search"
        placeholder="find rows"
        aria-label="Find rows"
        value={find.value}
        onInput={(event) => setOwn({ "find-row": event.currentTarget.value }, true)}
      />
    </section>
  );
}

function Told({ found }: { found: Settings }) {
  const environment = withoutGit(found.environment);
  const ranked = found.a.ranks > 1 || found.b.ranks > 1;
  return (
    <div class="diff-told">
      <Verdict told={found} metrics={metrics.value} />
      <Values name="config" rows={found.config} empty="Neither has a config: init(config={…}) keeps one." />
      <Code key={`${found.a.run_id} ${found.b.run_id}`} told={found} />
      <Values name="data" rows={found.data} empty="Neither has said which data it uses: run.log_dataset(…)." />
      <Values name="hardware" rows={environment.filter(({ name }) => HARDWARE.test(name))} />
      <Values name="ranks" rows={[...found.ranks, ...lagging.value]} alike={`${found.a.ranks} = ${found.b.ranks}`} />
      <Values name="environment" rows={telling(environment.filter(({ name }) => !HARDWARE.test(name)))} also={uncaptured(found)} />
      <Values name="summary" rows={likened(withoutBest(found.summary))} />
      <Section name="metrics" rows={there.value?.metrics ?? metrics.value} waiting="Comparing all points …" also={ranked && "Of ranks the mean is told"}>
        {(rows) => {
          const { seconds, asked } = there.value ?? { ...found, asked: {} };
          return <Metrics rows={rows} seconds={seconds} over={over(found, seconds)} step={asked.step} />;
        }}
      </Section>
      {rollouts.value && <Conversations found={rollouts.value} />}
    </div>
  );
}

/** What is not known of the environment. */
function uncaptured({ a, b }: Settings): string {
  const who = without(a.captured, b.captured);
  return who && `${who} packages, git or GPUs: init(capture_env=True) keeps them.`;
}

function Name({ letter, side }: { letter: string; side: Side }) {
  return (
    <span class="side">
      <b class="letter" style={{ background: `var(--run-${(slots.value.get(side.run_id) ?? 0) % HUES})` }}>
        {letter}
      </b>
      <a href={rooted(runPage(side.run_id))} title={`${side.path}/${side.run_id}`}>
        {side.alias || side.run_id}
      </a>
      <span class="muted">{side.path}</span>
      <Status status={side.status} />
      <span class="muted">{side.started_at === null ? "" : moment(side.started_at)}</span>
      {side.duration !== null && <span class="muted">{`${side.status === "running" ? "for" : "took"} ${duration(side.duration)}`}</span>}
    </span>
  );
}

/** Begins to follow keys and the address. */
export function begin(): void {
  document.title = "difference · runicorn";
  keys.follow([...PAGE_KEYS, ...KEYS, ...CHART_KEYS.filter(({ key }) => !TAKEN.has(key))]);
  effect(() => {
    void sides.value;
    void compare();
  });
  followRollouts();
  followEvents();
  followRanks();
  followCursor();
  effect(() => {
    const found = settings.value;
    alone.value = found && [found.a, found.b].map(({ run_id: run, ...side }) => ({ run, ...side }));
  });
  catalogue.follow();
  const metrics = calm(() => void catalogue.renewMetrics().catch(() => undefined), 1000);
  listen({
    runs: () => ({ all: ids.peek(), open: ids.peek() }),
    onRuns: retry,
    onRun: (run) => {
      outdate(run);
      metrics();
    },
  });
}
