// What is known of a run besides what it logged: what it was given, what came of it, and where it ran.
import { bytes, count, duration, moment } from "../parts/format";
import { Status } from "../runs/cells";
import { losses } from "./losses";
import { passed } from "./state";
import { told, type Told, type Writer } from "./run";
import { Values } from "./values";

export default function Tab() {
  const run = told.value!;
  return (
    <div class="info">
      <Losses run={run} />
      <div>
        <Values name="config" values={run.config} />
        <Values name="summary" values={run.summary} />
        {!Object.keys(run.config).length && !Object.keys(run.summary).length && (
          <p class="nothing">
            It has no config and no summary: <code>rn.init(config={"{"}"lr": 0.1{"}"})</code> and <code>run.summary["note"] = "…"</code> give it some.
          </p>
        )}
      </div>
      <div>
        <Life run={run} />
        <Writers writers={run.writers} />
        <Files run={run} />
        <Values name="environment" values={run.environment} />
      </div>
    </div>
  );
}

/** What was lost or is damaged, before all else. */
function Losses({ run }: { run: Told }) {
  const sentences = losses(run);
  if (!sentences.length) return null;
  return (
    <div class="losses" role="alert">
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

function Life({ run }: { run: Told }) {
  const { meta } = run;
  const lines: [string, unknown][] = [
    ["began", run.started_at && moment(run.started_at)],
    ["ended", run.ended_at && moment(run.ended_at)],
    ["took", run.ended_at && duration(passed(run, 0))],
    ["how", run.exit_reason],
    ["path", run.path],
    ["folder", run.run_dir],
    ["program's folder", meta.workspace_root],
    ["Python", meta.python],
    ["platform", meta.platform],
  ];
  return (
    <section class="values-of" aria-label="lifecycle">
      <header>
        <h3>lifecycle</h3>
      </header>
      <ul class="floor">
        {lines.flatMap(([name, text]) =>
          text ? (
            <li key={name} class="leaf">
              <span class="key">{name}</span>
              <span class="value">{String(text)}</span>
            </li>
          ) : (
            []
          ),
        )}
      </ul>
    </section>
  );
}

const MOST = 16; // the tab "ranks" has them all

function Writers({ writers }: { writers: Writer[] }) {
  return (
    <section class="values-of" aria-label="processes">
      <header>
        <h3>processes</h3>
        <span class="amount">{count(writers.length)}</span>
      </header>
      <ul class="floor">
        {writers.slice(0, MOST).map(({ rank, hostname, pid, status, reason, last_step: step }) => (
          <li key={`${rank} ${pid}`} class="leaf">
            <span class="key">
              rank {rank} <span class="muted">{`${hostname}:${pid}`}</span>
            </span>
            <span class="value" title={reason ?? ""}>
              <Status status={status} /> {step !== null && <span class="muted">step {count(step)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Files({ run }: { run: Told }) {
  const files = [...run.files.segments, ...run.files.journals];
  const all = files.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <section class="values-of" aria-label="files">
      <header>
        <h3>files of metrics</h3>
        <span class="amount">{bytes(all)}</span>
      </header>
      <ul class="floor">
        {files.map((one) => (
          <li key={one.name} class="leaf">
            <span class="key">{one.name}</span>
            <span class="value">{bytes(one.bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
