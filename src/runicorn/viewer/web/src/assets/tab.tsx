// What a run started from and what came out of it: lists on the left, one of them on the right.
import { useEffect } from "preact/hooks";
import { bytes, count, moment, number } from "../parts/format";
import { Rows } from "../parts/rows";
import type { Windows } from "../parts/windows";
import { follow } from "../state/keys";
import { own, setOwn } from "../state/view";
import { KINDS, type Entry, type Kind } from "./answers";
import { Detail } from "./detail";
import { find, following, front, inside, kind, problem, windows } from "./meant";

export { begin } from "./meant";

const HEIGHT = 26;
const inner = own("inner"); // the file that is seen; "": the first
const EMPTY: Record<Kind, string> = {
  outputs: "No outputs are kept of this run: run.watch_outputs(…) and run.scan_outputs_once(…) archive checkpoints and reports.",
  datasets: "The run has not said which data it uses: run.log_dataset(name, path, save=True).",
  pretrained: "The run has not said which model it started from: run.log_pretrained(name, path).",
};
export default function Tab({ run }: { run: string }) {
  following.use();
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

function show(name: Kind): void {
  setOwn({ kind: name, copy: "", inner: "" });
}

/** To another file of the entry that is open; its list is fetched in windows. */
function moveInside(by: number): void {
  const files = inside.peek();
  const now = files.find(({ path }) => path === inner.peek());
  const at = Math.max(0, Math.max(0, now) + by);
  files.want(at, at + 1);
  const next = files.row(at);
  if (next) setOwn({ inner: next.path }, true);
}

function keysOf(windows: Windows<Entry>) {
  const move = (by: number) => {
    const next = windows.row(Math.max(0, (front.peek()?.chosen?.place ?? -1) + by));
    if (next) setOwn({ copy: next.archive_path ?? "", inner: "" }, true);
  };
  const nextKind = () => show(KINDS[(KINDS.indexOf(kind.peek()) + 1) % KINDS.length]);
  return [
    { section: "Data", key: "t", does: "outputs, datasets or pretrained", run: nextKind },
    { section: "Data", key: "J", does: "the next of its files", run: () => moveInside(1) },
    { section: "Data", key: "K", does: "its file before", run: () => moveInside(-1) },
    { section: "Data", key: "D", does: "download the file", run: () => document.querySelector<HTMLElement>(".asset [download]")?.click() },
    { section: "Data", key: "w", does: "which other runs have this content", run: () => document.querySelector<HTMLElement>(".asset .who")?.click() },
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
          title="The next kind (t)"
          onClick={() => show(name)}
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
