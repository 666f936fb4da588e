// What a run started from and what came out of it: lists on the left, one of them on the right.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes, count, moment, number } from "../parts/format";
import { told } from "../run/run";
import type { Refused } from "../server/api";
import { own, setOwn } from "../state/view";
import { KINDS, list, type Entry, type Kind, type Listed } from "./answers";
import { Detail } from "./detail";

const WINDOW = 200;
const EMPTY: Record<Kind, string> = {
  outputs: "Nothing came out of this run yet: run.watch_outputs(…) and run.scan_outputs_once(…) archive checkpoints and reports.",
  datasets: "The run has not said which data it uses: run.log_dataset(name, path, save=True).",
  pretrained: "The run has not said which model it started from: run.log_pretrained(name, path).",
};
const kind = own("kind");
const find = own("find-asset");
const copy = own("copy");

export default function Tab({ run }: { run: string }) {
  const found = useSignal<Listed | null>(null);
  const problem = useSignal("");
  const hi = useSignal(WINDOW);
  const chosen = (KINDS.find((one) => one === kind.value) ?? usual(found.value)) as Kind;
  useSignalEffect(() => {
    void told.value; // it is asked for anew when the run has changed
    list(run, (kind.value as Kind) || "outputs", find.value, hi.value).then(
      (answer) => ([found.value, problem.value] = [answer, ""]),
      (error: Refused) => (problem.value = error.message),
    );
  });
  useEffect(() => {
    const kinds = found.value && !kind.peek() ? usual(found.value) : "outputs";
    if (kinds !== "outputs") setOwn({ kind: kinds }, true);
  }, [found.value]);
  if (problem.value) return <p class="broken">{problem.value}</p>;
  if (!found.value) return null;
  const { counts, entries } = found.value;
  const open = entries.find((one) => one.archive_path === copy.value) ?? entries.find((one) => one.saved) ?? entries[0];
  return (
    <div class="assets">
      <section aria-label="Entries">
        <header>
          {KINDS.map((name) => (
            <button key={name} class={`switch ${name === chosen ? "on" : ""}`} aria-pressed={name === chosen} onClick={() => setOwn({ kind: name, copy: "" })}>
              {name} <span class="amount">{count(counts[name])}</span>
            </button>
          ))}
          <input
            type="search"
            placeholder="find"
            aria-label="Find entries"
            value={find.value}
            onInput={(event) => setOwn({ "find-asset": event.currentTarget.value }, true)}
          />
        </header>
        {!counts[chosen] && <p class="nothing">{EMPTY[chosen]}</p>}
        <ul>
          {entries.map((entry, at) => (
            <li key={at}>
              <Line entry={entry} chosen={entry === open} />
            </li>
          ))}
        </ul>
        {found.value.found > entries.length && (
          <button class="link" onClick={() => (hi.value += WINDOW)}>
            {count(found.value.found - entries.length)} more
          </button>
        )}
      </section>
      {open && <Detail key={open.archive_path} run={run} kind={chosen} entry={open} />}
    </div>
  );
}

/** The first kind that there is something of. */
function usual(found: Listed | null): Kind {
  return KINDS.find((name) => found?.counts[name]) ?? "outputs";
}

function Line({ entry, chosen }: { entry: Entry; chosen: boolean }) {
  const size = entry.size_bytes ?? entry.total_size_bytes;
  const error = entry.last_error ?? entry.error;
  return (
    <button class={`entry ${chosen ? "chosen" : ""}`} aria-pressed={chosen} onClick={() => setOwn({ copy: entry.archive_path ?? "" })}>
      <span class="text" title={entry.key ?? entry.path ?? ""}>
        {entry.key ?? entry.name}
        {entry.context && <span class="muted"> {entry.context}</span>}
      </span>
      {entry.metric && (
        <span class="muted">
          {entry.metric.name} {number(entry.metric.value)}
        </span>
      )}
      <span class="amount">{size === undefined ? "" : bytes(size)}</span>
      <span class="muted">{entry.archived_at ? moment(entry.archived_at) : ""}</span>
      {error ? <span class="removed">{error}</span> : !entry.saved && <span class="muted">not archived</span>}
    </button>
  );
}
