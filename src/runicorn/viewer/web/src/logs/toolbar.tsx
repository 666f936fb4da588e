// What of the text is shown, and what is looked for in it.
import { useComputed } from "@preact/signals";
import { count } from "../parts/format";
import { Typing } from "../parts/typing";
import { told } from "../run/run";
import { address } from "../server/api";
import { goTo, runPage } from "../state/place";
import { setOwn } from "../state/view";
import { asked, follow, following, host, level, LEVELS, only, rank, regex, stream, STREAMS, text, turn, wrap, wrong } from "./choice";
import { current, go, hits } from "./hits";
import { said } from "./moments";
import { shape } from "./rows";

/** All of the text is searched: when nothing more is typed. */
const typing = new Typing((words) => setOwn({ text: words }, true));
const WORDS: Record<string, string> = { warning: "≥ warning", error: "≥ error", text: "log_text" };

export function Toolbar({ run }: { run: string }) {
  const ranks = useComputed(() => [...new Set((told.value?.writers ?? []).flatMap((one) => (one.role ? [] : (one.rank ?? []))))].sort((a, b) => a - b));
  const { hosts } = shape.value;
  const file = address(`runs/${encodeURIComponent(run)}/logs/file`, { host: host.value });
  return (
    <div class="toolbar logs-bar" role="toolbar" aria-label="Text">
      {hosts.length > 1 && <Select name="host" label="host" value={host.value || shape.value.host} values={hosts} title="Whose text (h)" />}
      {ranks.value.length > 1 && <Select name="rank" label="rank" value={rank.value} values={["", ...ranks.value.map(String)]} title="Of which rank (R)" />}
      <Select name="stream" label="stream" value={stream.value} values={STREAMS} title="Printed, or logged (s)" />
      <Select name="level" label="level" value={level.value} values={LEVELS} title="Lines of the logging module (l)" />
      <Search />
      <Switch name="only hits" on={!!only.value} title="Show no other lines (o)" turn={() => turn("only")} />
      <Switch name="wrap" on={!!wrap.value} title="Break long lines (w)" turn={() => turn("wrap")} />
      <Switch name="⇊ follow" on={following.value} title="Stay at the end (f)" turn={() => follow(!following.peek())} />
      <a class="switch" href={file} download title="All of the text as a file (D)" id="download">
        ⤓ file
      </a>
      <span class="said" role="status">
        {said.value}{" "}
        {said.value.startsWith("The charts") && (
          <button class="link" onClick={() => goTo(runPage(run, "charts"))}>
            charts
          </button>
        )}
      </span>
    </div>
  );
}

function Search() {
  return (
    <span class={`box ${wrong.value && asked.value.q === undefined ? "broken" : ""}`}>
      <input
        id="find-text"
        type="search"
        placeholder={regex.value ? "find a regular expression" : "find text"}
        aria-label="Find in the text"
        spellcheck={false}
        value={typing.text.value ?? text.value}
        onInput={(event) => typing.type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== "Escape") return;
          event.preventDefault();
          typing.end();
          if (event.key === "Enter") void go(event.shiftKey ? -1 : 1);
          else event.currentTarget.blur();
        }}
      />
      <Switch name=".*" on={!!regex.value} title="A regular expression (r)" turn={() => turn("re")} />
      <Told />
    </span>
  );
}

function Told() {
  if (text.value && !asked.value.q) return <span class="wrong" role="alert">{wrong.value?.why}</span>;
  const found = hits.value;
  if (!found) return null;
  if (!found.count) return <span class="found-text" role="status">none of {count(found.lines)} lines has it</span>;
  return (
    <>
      <span class="found-text" role="status">
        {current.value ? `${count(current.value)} of ${count(found.count)}` : `${count(found.count)} ${found.count === 1 ? "hit" : "hits"}`}
      </span>
      <button class="switch" aria-label="Previous hit" title="Previous hit (N)" onClick={() => void go(-1)}>
        ↑
      </button>
      <button class="switch" aria-label="Next hit" title="Next hit (n)" onClick={() => void go(1)}>
        ↓
      </button>
    </>
  );
}

interface SelectProps {
  name: string;
  label: string;
  value: string;
  values: string[];
  title: string;
}

function Select({ name, label, value, values, title }: SelectProps) {
  return (
    <label class="choice">
      {label}
      <select value={value} title={title} onChange={(event) => setOwn({ [name]: event.currentTarget.value })}>
        {values.map((one) => (
          <option key={one} value={one}>
            {WORDS[one] ?? (one || "all")}
          </option>
        ))}
      </select>
    </label>
  );
}

function Switch({ name, on, title, turn }: { name: string; on: boolean; title: string; turn: () => void }) {
  return (
    <button class={`switch ${on ? "on" : ""}`} aria-pressed={on} title={title} onClick={turn}>
      {name}
    </button>
  );
}
