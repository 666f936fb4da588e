// Chooses the columns of the table, among all that the runs have.
import { useSignal } from "@preact/signals";
import { over } from "../parts/overs";
import { Over } from "../parts/over";
import { count } from "../parts/format";
import { change } from "../state/view";
import { available, keys } from "./keys";

const FIELDS = ["path", "tags", "group", "notes", "started_at", "ended_at", "host", "ranks", "exit_reason"];
const STATISTICS = ["min", "max"];
const MOST = 200; // that are listed; typing finds the others

/** All keys that a column may have, and the number of runs that have each. */
function all(): [string, number | null][] {
  const found = available.value ?? { metric: {}, config: {}, summary: {} };
  const metrics = Object.entries(found.metric).flatMap(([name, runs]): [string, number][] => [
    [`metric.${name}`, runs],
    ...STATISTICS.map((statistic): [string, number] => [`metric.${name}.${statistic}`, runs]),
  ]);
  const others = (["summary", "config"] as const).flatMap((place) =>
    Object.entries(found[place]).map(([name, runs]): [string, number] => [`${place}.${name}`, runs]),
  );
  return [...metrics, ...others, ...FIELDS.map((name): [string, null] => [name, null])];
}

export function Columns() {
  const text = useSignal("");
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all().filter(([key]) => words.every((word) => key.toLowerCase().includes(word)));
  const chosen = keys.value;
  // Those chosen stand first, also those that no run has.
  const rest = found.filter(([key]) => !chosen.includes(key)).slice(0, MOST);
  const listed: [string, number | null][] = [...chosen.map((key): [string, null] => [key, null]), ...rest];
  const turn = (key: string) =>
    change({ columns: chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key] });
  return (
    <Over label="Columns" close={() => (over.value = "")}>
      <div class="chooser">
        <header>
          <input
            type="search"
            autofocus
            placeholder="find a column: loss, lr, min …"
            aria-label="Find a column"
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && rest[0] && turn(rest[0][0])}
          />
          <button class="switch" onClick={() => change({ columns: null })}>
            as usual
          </button>
        </header>
        <ul>
          {listed.map(([key, runs]) => (
            <li key={key}>
              <label>
                <input type="checkbox" checked={chosen.includes(key)} onChange={() => turn(key)} />
                <span class="text">{key}</span>
                {runs !== null && <span class="amount">{count(runs)}</span>}
              </label>
            </li>
          ))}
        </ul>
        {rest.length === MOST && <p class="muted">There are more: type a part of the name.</p>}
      </div>
    </Over>
  );
}
