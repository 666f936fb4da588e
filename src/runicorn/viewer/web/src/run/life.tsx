// When and where a run went on, and what became of its processes.
import { count, duration, moment } from "../parts/format";
import { Status } from "../runs/cells";
import type { Told, Writer } from "./run";
import { passed } from "./state";

export function Life({ run }: { run: Told }) {
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

const MOST = 16;

/** `elsewhere`: where those are that have no room here. */
export function Writers({ writers, elsewhere = "" }: { writers: Writer[]; elsewhere?: string }) {
  return (
    <section class="values-of" aria-label="processes">
      <header>
        <h3>processes</h3>
        <span class="amount">{count(writers.length)}</span>
      </header>
      <ul class="floor">
        {writers.slice(0, MOST).map(({ rank, hostname, pid, status, reason, last_step: step, heard_seconds_ago: heard }) => (
          <li key={`${rank} ${pid}`} class="leaf">
            <span class="key">
              rank {rank} <span class="muted">{`${hostname}:${pid}`}</span>
            </span>
            <span class="value" title={reason ?? ""}>
              <Status status={status} heard={heard} /> {step !== null && <span class="muted">step {count(step)}</span>}
            </span>
          </li>
        ))}
        {writers.length > MOST && <li class="leaf muted">{`and ${count(writers.length - MOST)} more${elsewhere}`}</li>}
      </ul>
    </section>
  );
}
