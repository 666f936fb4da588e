// The page "/alerts": what runs have raised, the worst first, of all of them or of those that a query means.
import { computed, effect, signal } from "@preact/signals";
import { AnyRoot } from "../parts/any-root";
import { Bar } from "../parts/bar";
import { ago, count, moment } from "../parts/format";
import { Overs, PAGE_KEYS } from "../parts/overs";
import { get, Refused, type Value } from "../server/api";
import * as keys from "../state/keys";
import { calm, listen } from "../state/live";
import { rooted, runPage } from "../state/place";
import { change, own, part, setOwn } from "../state/view";

interface Alert {
  run: string;
  path: string;
  alias: string | null;
  id: string;
  time: number;
  rank: number | null;
  step: number | null;
  level: string;
  title: string;
  text: string | null;
  problem: string | null;
  [name: string]: Value;
}

interface Answer {
  found: number;
  alerts: Alert[];
  runs: number;
  total: number;
}

const LEVELS = ["info", "warn", "error"];
const WINDOW = 200;
const query = part((view) => view.query);
const level = own("level");
const order = own("order"); // "newest", or "": the worst first
const answer = signal<Answer | null>(null);
const problem = signal("");
const hi = signal(WINDOW);

const byTime = computed(() => order.value === "newest");
const turnOrder = () => setOwn({ order: byTime.peek() ? "" : "newest" });

const KEYS = [
  { section: "Alerts", key: "/", does: "type a filter of runs", run: () => document.getElementById("filter")?.focus() },
  { section: "Alerts", key: "l", does: "next level", run: () => setOwn({ level: LEVELS[(LEVELS.indexOf(level.peek() || "info") + 1) % 3] }) },
  { section: "Alerts", key: "s", does: "the newest first, or the worst", run: turnOrder },
];

export default function Page() {
  const found = answer.value;
  return (
    <div class="alerts-page">
      <Bar skip={[".alerts", "Go to the alerts"]} crumbs={<span class="crumb">alerts</span>}>
        <AnyRoot />
      </Bar>
      <section class="asked" aria-label="Which alerts">
        <input
          id="filter"
          type="search"
          placeholder="of which runs: path:cv/** since:7d"
          aria-label="Filter the runs"
          value={query.value}
          onInput={(event) => change({ query: event.currentTarget.value }, true)}
        />
        <label class="choice">
          level
          <select value={level.value || "info"} onChange={(event) => setOwn({ level: event.currentTarget.value })}>
            {LEVELS.map((name) => (
              <option key={name} value={name}>
                {name === "error" ? name : `${name} and above`}
              </option>
            ))}
          </select>
        </label>
        <button class={`switch ${byTime.value ? "on" : ""}`} aria-pressed={byTime.value} title="Else errors come before warnings (s)" onClick={turnOrder}>
          newest first
        </button>
        {found && <span class="muted">{counted(found)}</span>}
      </section>
      {problem.value && <p class="broken">{problem.value}</p>}
      <main class="alerts" tabIndex={-1}>
        {found?.found === 0 && (
          <p class="nothing">
            None of these runs has raised one: <code>rn.alert("loss is NaN", level="error")</code> does.
          </p>
        )}
        <ul>
          {found?.alerts.map((alert) => (
            <Line key={`${alert.run} ${alert.id}`} alert={alert} />
          ))}
        </ul>
        {found && found.found > found.alerts.length && (
          <button class="link" onClick={() => (hi.value += WINDOW)}>
            {count(found.found - found.alerts.length)} more
          </button>
        )}
      </main>
      <Overs />
    </div>
  );
}

function counted({ found, runs, total }: Answer): string {
  const of = runs < total ? `the newest ${count(runs)} of ${count(total)} runs` : `${count(total)} runs`;
  return `${count(found)} ${found === 1 ? "alert" : "alerts"} of ${of}`;
}

function Line({ alert }: { alert: Alert }) {
  const at = alert.step === null ? "" : `?c=${alert.step}`;
  return (
    <li class={`alert ${alert.level}`}>
      <span class="level">{alert.level}</span>
      <time title={moment(alert.time)}>{ago(alert.time, Date.now() / 1000)}</time>
      <a href={rooted(runPage(alert.run))}>{alert.alias || alert.run}</a>
      <span class="muted">{alert.path}</span>
      <a class="what" href={rooted(`${runPage(alert.run, "charts")}${at}`)} title="The run's charts at this step">
        <b>{alert.title}</b>
        <span class="muted">
          {alert.step !== null && `step ${count(alert.step)}`} {alert.rank ? `rank ${alert.rank}` : ""}
        </span>
      </a>
      {alert.text && <p>{alert.text}</p>}
      {alert.problem && <p class="removed">{alert.problem}</p>}
    </li>
  );
}

async function renew(): Promise<void> {
  try {
    answer.value = await get<Answer>("alerts", { q: query.value, level: level.value, order: byTime.value ? "" : "level", hi: hi.value });
    problem.value = "";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error.message;
  }
}

/** Begins to follow keys, the address and the server. */
export function begin(): void {
  document.title = "alerts · runicorn";
  keys.follow([...PAGE_KEYS, ...KEYS]);
  effect(() => void renew());
  listen({ runs: () => ({ all: [], open: [] }), onRuns: calm(() => void renew(), 2000), onRun: () => undefined });
}
