// What a run started from and what came out of it: lists on the left, one of them on the right.
import { computed, signal, useComputed, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes, count, moment, number } from "../parts/format";
import { Rows } from "../parts/rows";
import { Windows } from "../parts/windows";
import { time } from "../run/cursor";
import { told } from "../run/run";
import { Refused } from "../server/api";
import { follow } from "../state/keys";
import { own, setOwn } from "../state/view";
import { KINDS, list, type Entry, type Kind, type Listed } from "./answers";
import { Detail } from "./detail";

const HEIGHT = 26;
const EMPTY: Record<Kind, string> = {
  outputs: "The run has said of nothing that it came out of it: run.watch_outputs(…) and run.scan_outputs_once(…) archive checkpoints and reports.",
  datasets: "The run has not said which data it uses: run.log_dataset(name, path, save=True).",
  pretrained: "The run has not said which model it started from: run.log_pretrained(name, path).",
};
const given = own("kind");
const find = own("find-asset");
const copy = own("copy");
const kind = computed(() => KINDS.find((one) => one === given.value) ?? "outputs");
/** How many there are, and which one is open. */
const front = signal<Listed | null>(null);
const problem = signal("");

export default function Tab({ run }: { run: string }) {
  const windows = useComputed(() => {
    const asked = { kind: kind.value, q: find.value };
    return new Windows<Entry>(async (lo, hi) => {
      const { found, entries } = await list(run, { ...asked, lo, hi });
      return { found, rows: entries };
    });
  });
  useSignalEffect(() => {
    void told.value; // it is asked for anew when the run has changed
    windows.peek().renew();
  });
  useSignalEffect(() => {
    void told.value;
    void renew(run);
  });
  useEffect(() => follow(keysOf(windows.peek())), [windows.value]);
  if (problem.value) return <p class="broken">{problem.value}</p>;
  if (!front.value) return null;
  const { counts, chosen, at } = front.value;
  return (
    <div class="assets">
      <section aria-label="Entries">
        <Head counts={counts} />
        {!counts[kind.value] && <p class="nothing">{EMPTY[kind.value]}</p>}
        <Rows windows={windows.value} label={kind.value} height={HEIGHT} current={chosen?.place ?? -1}>
          {(entry, place) => <Line entry={entry} chosen={place === chosen?.place} there={place === at} />}
        </Rows>
      </section>
      {chosen && <Detail key={`${kind.value} ${chosen.entry.archive_path}`} run={run} kind={kind.value} entry={chosen.entry} />}
    </div>
  );
}

let asking = 0;

/** Asks which entry is meant: that of the address, or of the cursor's time, or the newest. */
async function renew(run: string): Promise<void> {
  const asked = { kind: kind.value, q: find.value, copy: copy.value, ...(time.value === null ? {} : { time: time.value }) };
  const mine = ++asking;
  try {
    const answer = await list(run, { ...asked, lo: 0, hi: 0 });
    if (mine !== asking) return; // what was asked later counts, whichever comes first
    const usual = KINDS.find((name) => answer.counts[name]);
    if (!given.peek() && usual && usual !== "outputs") return setOwn({ kind: usual }, true);
    front.value = answer;
    problem.value = "";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error.message;
  }
}

function keysOf(windows: Windows<Entry>) {
  const move = (by: number) => {
    const next = windows.row(Math.max(0, (front.peek()?.chosen?.place ?? -1) + by));
    if (next) setOwn({ copy: next.archive_path ?? "", inner: "" }, true);
  };
  return [
    { section: "Data", key: "j", does: "the next entry", run: () => move(1) },
    { section: "Data", key: "k", does: "the entry before", run: () => move(-1) },
    { section: "Data", key: "/", does: "find entries", run: () => document.getElementById("find-asset")?.focus() },
  ];
}

function Head({ counts }: { counts: Record<Kind, number> }) {
  return (
    <header>
      {KINDS.map((name) => (
        <button
          key={name}
          class={`switch ${name === kind.value ? "on" : ""}`}
          aria-pressed={name === kind.value}
          onClick={() => setOwn({ kind: name, copy: "", inner: "" })}
        >
          {name} <span class="amount">{count(counts[name])}</span>
        </button>
      ))}
      <input
        id="find-asset"
        type="search"
        placeholder="find"
        aria-label="Find entries"
        value={find.value}
        onInput={(event) => setOwn({ "find-asset": event.currentTarget.value }, true)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
    </header>
  );
}

/** `there`: the newest of the cursor's time. */
function Line({ entry, chosen, there }: { entry: Entry; chosen: boolean; there: boolean }) {
  const size = entry.size_bytes ?? entry.total_size_bytes;
  const error = entry.last_error ?? entry.error;
  return (
    <button class={`entry ${chosen ? "chosen" : ""}`} aria-pressed={chosen} onClick={() => setOwn({ copy: entry.archive_path ?? "", inner: "" })}>
      <span class="text" title={entry.key ?? entry.path ?? ""}>
        {entry.key ?? entry.name}
        {entry.context && <span class="muted"> {entry.context}</span>}
      </span>
      {there && <span class="newest" title="The newest at the cursor's time">at the cursor</span>}
      {entry.metric && (
        <span class="muted">
          {entry.metric.name} {number(entry.metric.value)}
        </span>
      )}
      <span class="amount">{size === undefined ? "" : bytes(size)}</span>
      <span class="muted">{entry.archived_at ? moment(entry.archived_at) : ""}</span>
      {error ? (
        <span class="removed" title={error}>
          {error}
        </span>
      ) : (
        !entry.saved && <span class="muted">not archived</span>
      )}
    </button>
  );
}
