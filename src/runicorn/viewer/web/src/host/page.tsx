// The page "/host": this machine, its daemon, what goes on here, what could not be kept, and what is left of its disks.
import { signal } from "@preact/signals";
import { Bar } from "../parts/bar";
import { bytes, count, duration, moment } from "../parts/format";
import { Overs, PAGE_KEYS } from "../parts/overs";
import { isSilent } from "../parts/silence";
import { get, Refused } from "../server/api";
import * as keys from "../state/keys";
import { calm, listen } from "../state/live";
import { daemonSaid, held, waiting, type Answer } from "./answer";
import { Disks, Lost, Machine, Runs, Said } from "./parts";

const EVERY = 5000; // milliseconds, while a run goes on

const answer = signal<Answer | null>(null);
const looked = signal(0);
const problem = signal("");
let due = 0;
let asked = 0;

async function look(): Promise<void> {
  clearTimeout(due);
  const mine = ++asked;
  try {
    const told = await get<Answer>("host");
    if (mine !== asked) return; // a later answer may have come sooner
    answer.value = told;
    looked.value = Date.now() / 1000;
    problem.value = "";
    const goesOn = told.runs.some((run) => !isSilent(run.heard_seconds_ago ?? null));
    if (goesOn && !document.hidden) due = window.setTimeout(again, EVERY);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error.message;
  }
}

const again = calm(() => void look(), 1000);

const KEYS = [{ section: "Host", key: "r", does: "look again", run: again }];

export default function Page() {
  const told = answer.value;
  return (
    <div class="page">
      <Bar skip={[".paper", "Go to the machine"]} crumbs={<span class="crumb">this machine</span>} />
      <main class="paper host" tabIndex={-1}>
        <header>
          <h2>{told?.machine.hostname ?? "This machine"}</h2>
          <button class="switch" title="While a run goes on, each five seconds (r)" onClick={again}>
            look again
          </button>
          {told && <span class="muted">{moment(looked.value)}</span>}
        </header>
        {problem.value && <p class="broken">{problem.value}</p>}
        {told && (
          <>
            <Daemon told={told} />
            <Runs runs={told.runs} elsewhere={told.daemon.elsewhere} />
            <Lost roots={told.roots} />
            <Disks roots={told.roots} />
            <Machine machine={told.machine} />
          </>
        )}
      </main>
      <Overs />
    </div>
  );
}

function Daemon({ told }: { told: Answer }) {
  const { running, trouble, version, rss_bytes, cpu_seconds, writers, started, refused } = told.daemon;
  const good = running && !trouble && version === told.version;
  return (
    <section aria-label="daemon">
      <h3>daemon</h3>
      <div class={`host-said ${good ? "" : "bad"}`} role="status">
        {daemonSaid(told).map((one) => (
          <Said key={one} text={one} />
        ))}
      </div>
      <dl class="about">
        {started !== undefined && (
          <>
            <dt>since</dt>
            <dd>
              {moment(started)}, for {duration(looked.value - started)}
            </dd>
            <dt>hears</dt>
            <dd>{count(writers!)} {writers === 1 ? "process" : "processes"}</dd>
            <dt>needs</dt>
            <dd>
              {bytes(rss_bytes!)} of memory, {duration(cpu_seconds!)} of a core since it began
            </dd>
          </>
        )}
        {waiting(told.daemon) && (
          <>
            <dt>waits</dt>
            <dd>{waiting(told.daemon)}</dd>
          </>
        )}
        <dt>outboxes</dt>
        <dd>{held(told)}</dd>
        {Boolean(refused) && (
          <>
            <dt>refused</dt>
            <dd>
              <Said text={`${count(refused!)} times something that makes no sense: \`runid logs\` says what.`} />
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** Begins to follow keys and the server; who comes back to the page sees what is. */
export function begin(): void {
  document.title = "this machine · runicorn";
  keys.follow([...PAGE_KEYS, ...KEYS]);
  again();
  for (const event of ["focus", "visibilitychange"]) addEventListener(event, () => document.hidden || again());
  listen({ runs: () => ({ all: [], open: [] }), onRuns: calm(again, EVERY), onRun: () => undefined });
}
