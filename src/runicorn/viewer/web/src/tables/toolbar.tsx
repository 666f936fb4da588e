// Which table is seen, at which step, which of its rows, and what it is compared with.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Cursor } from "../media/toolbar";
import { step as cursor } from "../run/cursor";
import { Slider } from "../media/panel";
import type { Series } from "../media/series";
import { count } from "../parts/format";
import { siblings } from "../run/siblings";
import { join, split } from "../state/lists";
import { own, setOwn } from "../state/view";
import type { Rows } from "./data";
import { compared, order } from "./state";

const search = own("rows");
const by = own("by");
const differ = own("differing");
const others = signal<[string, string][]>([]);

interface Props {
  run: string;
  series: Series;
  keys: string[];
  rows: Rows | null;
}

export function Toolbar({ run, series, keys, rows }: Props) {
  useEffect(() => void siblings(run).then((found) => (others.value = found)), [run]);
  const head = rows?.head.value;
  const { steps } = series.told;
  return (
    <div class="toolbar" role="toolbar" aria-label="Tables">
      <label class="choice">
        table
        <select value={series.told.key} onChange={(event) => setOwn({ table: event.currentTarget.value, order: "", by: "" })}>
          {keys.map((key) => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </select>
      </label>
      {steps > 1 && <Slider series={series} steps={steps} place={series.place(cursor.value)} name={series.told.key} />}
      <Cursor />
      <With series={series} columns={head?.columns.map(({ name }) => name) ?? []} guessed={head?.by ?? []} />
      {order.value.length > 0 && (
        <button class="switch on" title="As it was logged" onClick={() => setOwn({ order: "" })}>
          sorted by {order.value.map((name) => name.replace(/^-/, "")).join(", ")} ×
        </button>
      )}
      <span class="room" />
      <span class="muted" role="status">
        {head && (head.found === head.rows ? `${count(head.rows)} rows` : `${count(head.found)} of ${count(head.rows)} rows`)}
        {head?.unmatched ? `, ${count(head.unmatched)} only in the other` : ""}
      </span>
      <input
        id="search"
        class="find"
        type="search"
        placeholder="search"
        aria-label="Search the table"
        value={search.value}
        onChange={(event) => setOwn({ rows: event.currentTarget.value }, true)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
    </div>
  );
}

function With({ series, columns, guessed }: { series: Series; columns: string[]; guessed: string[] }) {
  const { kind, what } = compared();
  const first: Record<string, string> = { step: `step:${series.told.first}`, run: `run:${others.value[0]?.[0]}` };
  const named = split(by.value);
  return (
    <>
      <label class="choice">
        compare with
        <select
          value={kind}
          aria-label="Compare with"
          title="Compare with the first step (b)"
          onChange={(event) => setOwn({ with: first[event.currentTarget.value] ?? "" })}
        >
          <option value="">nothing</option>
          {series.told.steps > 1 && <option value="step">a step</option>}
          {others.value.length > 0 && <option value="run">a run</option>}
        </select>
      </label>
      {kind === "step" && (
        <input
          class="amount-of"
          type="number"
          value={what}
          aria-label="Step to compare with"
          onChange={(event) => setOwn({ with: `step:${event.currentTarget.value}` })}
        />
      )}
      {kind === "run" && (
        <select value={what} aria-label="Run to compare with" onChange={(event) => setOwn({ with: `run:${event.currentTarget.value}` })}>
          {others.value.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      {kind && (
        <>
          <label class="choice">
            by
            <select
              value={named[0] ?? ""}
              aria-label="Rows belong together by"
              title="Rows with the same value here belong together"
              onChange={(event) => setOwn({ by: join([event.currentTarget.value]) })}
            >
              <option value="">{guessed.length && !named.length ? guessed.join(", ") : "what names rows"}</option>
              {columns.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <button
            class={`switch ${differ.value ? "on" : ""}`}
            aria-pressed={differ.value !== ""}
            title="Only rows that differ (x)"
            onClick={() => setOwn({ differing: differ.value ? "" : "1" })}
          >
            only differences
          </button>
        </>
      )}
    </>
  );
}
