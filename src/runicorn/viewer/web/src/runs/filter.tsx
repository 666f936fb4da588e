// The filter: what is typed goes to the server, which has the grammar. Its error is underlined where it stands.
import { useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { change, part } from "../state/view";
import { problem, result } from "./result";

const query = part((view) => view.query);

export function Filter() {
  const input = useRef<HTMLInputElement>(null);
  const scrolled = useSignal(0);
  const wrong = useComputed(() => (problem.value?.start === undefined ? null : problem.value));
  return (
    <div class="filter">
      <label class="box">
        <span class="prompt">filter</span>
        <span class="field">
          <input
            ref={input}
            id="filter"
            type="text"
            spellcheck={false}
            autocomplete="off"
            aria-label="Filter the runs"
            aria-invalid={problem.value !== null}
            aria-describedby="filter-error"
            placeholder="status=failed  lr<1e-3  val/acc>=.9  path:cv/**  since:7d  or any text"
            value={query.value}
            onInput={(event) => change({ query: event.currentTarget.value }, true)}
            onScroll={(event) => (scrolled.value = event.currentTarget.scrollLeft)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
          {wrong.value && <Underline query={query.value} start={wrong.value.start!} end={wrong.value.end!} by={scrolled.value} />}
        </span>
        {query.value && (
          <button class="plain" title="Clear the filter" aria-label="Clear the filter" onClick={() => change({ query: "" })}>
            <Icon name="close" />
          </button>
        )}
      </label>
      <span class="found" aria-live="polite">
        {result.value.revision < 0 ? "" : `${count(result.value.found)} of ${count(result.value.total)}`}
      </span>
      <div class="wrong" id="filter-error" role="alert">
        {problem.value && problem.value.message}
      </div>
    </div>
  );
}

/** The query once more, unseen, with a red line under what is wrong. */
function Underline({ query, start, end, by }: { query: string; start: number; end: number; by: number }) {
  return (
    <span class="underline" aria-hidden="true" style={{ transform: `translateX(${-by}px)` }}>
      {query.slice(0, start)}
      <mark>{query.slice(start, Math.max(end, start + 1)) || " "}</mark>
    </span>
  );
}
