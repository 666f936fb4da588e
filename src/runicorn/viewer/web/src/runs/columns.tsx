// Chooses the columns of the table, among all that the runs have, and their order.
import { useSignal } from "@preact/signals";
import { over } from "../parts/overs";
import { Over } from "../parts/over";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { change } from "../state/view";
import { available, choose, isBest, keys, pin, pinned, turn } from "./keys";
import { moved } from "../state/lists";
import { kindOf, sparkOf, valueOf } from "./kinds";

const FIELDS = ["path", "tags", "group", "notes", "started_at", "ended_at", "duration", "host", "ranks", "exit_reason"];
const STATISTICS = ["min", "max"];
const MOST = 200; // that are listed; typing finds the others

/** All keys that a column may have, and the number of runs that have each. */
function all(): [string, number | null][] {
  const found = available.value ?? { metric: {}, config: {}, summary: {} };
  const metrics = Object.entries(found.metric).flatMap(([name, runs]): [string, number][] => [
    [`metric.${name}`, runs],
    [sparkOf(name), runs],
    ...STATISTICS.map((statistic): [string, number] => [`metric.${name}.${statistic}`, runs]),
    [`${name} @best`, runs],
  ]);
  const others = (["summary", "config"] as const).flatMap((place) =>
    Object.entries(found[place]).map(([name, runs]): [string, number] => [`${place}.${name}`, runs]),
  );
  return [...metrics, ...others, ...FIELDS.map((name): [string, null] => [name, null])];
}

/** What a column shows, in words. */
function meaning(key: string): string {
  const kind = kindOf(key);
  if (kind.kind === "spark") return "a picture over steps";
  if (kind.kind === "best") return kind.of ? `where ${kind.of} is ${kind.mode === "min" ? "least" : "greatest"}` : isBest(key) ? "the best value" : "where the run is best";
  const { which = "" } = valueOf(key) ?? {};
  return { last: "the last value", min: "the least", max: "the greatest", count: "how many points" }[which] ?? "";
}

/** What is typed may be a column of its own: "acc @min val/loss" for metrics of these names. */
function typed(text: string): [string, null][] {
  const found = /^(.+) @(?:min|max) (.+)$/.exec(text.trim());
  const known = available.value?.metric ?? {};
  return found && found[1] in known && found[2] in known ? [[text.trim(), null]] : [];
}

/** Shows a column, or not; a new one is behind the others, where nobody would see it. */
function take(key: string): void {
  turn(key);
  requestAnimationFrame(() => {
    const table = document.querySelector(".table")!;
    table.scrollLeft = table.scrollWidth;
  });
}

export default function Columns() {
  const text = useSignal("");
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...typed(text.value), ...all().filter(([key]) => words.every((word) => key.toLowerCase().includes(word)))];
  const chosen = keys.value;
  const matching = chosen.filter((key) => words.every((word) => key.toLowerCase().includes(word)));
  const rest = found.filter(([key]) => !chosen.includes(key)).slice(0, MOST);
  return (
    <Over label="Columns" close={() => (over.value = "")}>
      <div class="chooser">
        <header>
          <input
            type="search"
            autofocus
            placeholder="find a column: loss, lr, min, acc @best, acc @min val/loss …"
            aria-label="Find a column"
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && rest[0] && take(rest[0][0])}
          />
          <button class="switch" title="None but the name and the status" onClick={() => change({ columns: [] })}>
            none
          </button>
          <button class="switch" title="Those that most runs have" onClick={() => change({ columns: null })}>
            default
          </button>
        </header>
        <ul>
          {/* Those chosen stand first, also those that no run has. */}
          {matching.map((key) => (
            <Chosen key={key} name={key} at={chosen.indexOf(key)} />
          ))}
          {rest.map(([key, runs]) => (
            <li key={key}>
              <label>
                <input type="checkbox" checked={false} onChange={() => take(key)} />
                <span class="text">{key}</span>
                <span class="muted">{meaning(key)}</span>
                {runs !== null && <span class="amount">{runs === 1 ? "1 run" : `${count(runs)} runs`}</span>}
              </label>
            </li>
          ))}
          {!rest.length && <li class="muted">{available.value ? "No other column has this in its name." : "Asking for the columns …"}</li>}
          {rest.length === MOST && <li class="muted">There are more: type a part of the name.</li>}
        </ul>
      </div>
    </Over>
  );
}

function Chosen({ name, at }: { name: string; at: number }) {
  const isPinned = pinned.value.includes(name);
  return (
    <li class="of-table">
      <label title={name === "status" ? "The status is always there" : undefined}>
        <input type="checkbox" checked disabled={name === "status"} onChange={() => turn(name)} />
        <span class="text">{name}</span>
        <span class="muted">{meaning(name)}</span>
      </label>
      <button class="plain" aria-label={`${name} further to the left`} title="Further to the left" disabled={at === 0} onClick={() => choose(moved(keys.peek(), name, at - 1))}>
        ↑
      </button>
      <button class="plain" aria-label={`${name} further to the right`} title="Further to the right" disabled={at === keys.value.length - 1} onClick={() => choose(moved(keys.peek(), name, at + 2))}>
        ↓
      </button>
      <button class="plain" aria-label={`Pin ${name}`} aria-pressed={isPinned} title="Pin it beside the name" onClick={() => pin(name)}>
        <Icon name="pin" filled={isPinned} />
      </button>
    </li>
  );
}
