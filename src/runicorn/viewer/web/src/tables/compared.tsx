// What a table is compared with, which of the two is the earlier one, and which rows belong together.
import type { Series } from "../media/series";
import { count } from "../parts/format";
import { join, split } from "../state/lists";
import { own, setOwn } from "../state/view";
import { inOrder, ROW_NUMBER, type Question, type Rows } from "./data";
import { compared, others } from "./state";

const by = own("by");
const differ = own("differing");

export function With({ series }: { series: Series }) {
  const { kind, what } = compared();
  const first: Record<string, string> = { step: `step:${series.told.first}`, run: `run:${others.value[0]?.[0]}` };
  return (
    <>
      <label class="choice">
        compare with
        <select
          value={kind}
          aria-label="Compare with"
          title="Compare with the first step (b), or another run (B)"
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
    </>
  );
}

/** How the two are compared, in a line of its own; nothing where there is one only. */
export function Compared({ rows }: { rows: Rows }) {
  const head = rows.head.value;
  if (!rows.question.other || !head) return null;
  const [from, to] = words(rows.question);
  const guessed = head.by?.[0] ?? ROW_NUMBER;
  return (
    <div class="toolbar compared" role="toolbar" aria-label="Comparison">
      <b class="differs" title="So each cell with two values reads">
        {from} <span class="to">→ {to}</span>
      </b>
      <label class="choice">
        rows belong together by
        <select
          value={split(by.value)[0] ?? guessed}
          aria-label="Rows belong together by"
          title="Rows with the same value here belong together"
          onChange={(event) => setOwn({ by: join([event.currentTarget.value]) })}
        >
          <option value={ROW_NUMBER}>row number</option>
          {head.columns.map(({ name }) => (
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
      {head.repeats && <span class="muted">{head.by!.join(", ")} repeats: rows of one value belong together in their order</span>}
      {head.unmatched ? <span class="muted">{count(head.unmatched)} rows only in the other</span> : null}
    </div>
  );
}

/** What the two are called, the first one first. */
function words(question: Question): [string, string] {
  const { run, step, other } = question;
  if (!other || other.run === run) return inOrder(question, `this, step ${count(step)}`, `the other, step ${count(other?.step ?? step)}`);
  const name = others.value.find(([id]) => id === other.run)?.[1] ?? other.run;
  return inOrder(question, `this run, step ${count(step)}`, `the other, ${name}, step ${count(other.step)}`);
}
