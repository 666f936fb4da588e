// The filter: what is typed goes to the server, which has the grammar. Its error is underlined where it stands.
import { useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { change, part } from "../state/view";
import { accepted, announced, choose, offer, Offered, withdraw } from "./completion";
import { problem, result } from "./result";

const query = part((view) => view.query);

export function Filter() {
  const input = useRef<HTMLInputElement>(null);
  const scrolled = useSignal(0);
  const wrong = useComputed(() => (problem.value?.start === undefined ? null : problem.value));
  return (
    <div class="filter" role="search">
      <label class="box">
        <span class="prompt">filter</span>
        <span class="field">
          <input
            ref={input}
            id="filter"
            type="text"
            {...announced.value}
            spellcheck={false}
            autocomplete="off"
            aria-label="Filter the runs"
            aria-invalid={problem.value !== null}
            aria-describedby="filter-error"
            placeholder="status=failed  lr<1e-3  val/acc>=.9  path:cv/**  since:7d  or any text"
            value={query.value}
            onInput={(event) => type(event.currentTarget)}
            onScroll={(event) => (scrolled.value = event.currentTarget.scrollLeft)}
            onKeyDown={(event) => pressed(event, event.currentTarget)}
            onBlur={withdraw}
          />
          {wrong.value && <Underline query={query.value} start={wrong.value.start!} end={wrong.value.end!} by={scrolled.value} />}
        </span>
        <span class="wrong" id="filter-error" role="alert">
          {problem.value && problem.value.message}
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
      <Offered take={() => take(input.current!, true)} />
    </div>
  );
}

function type(field: HTMLInputElement): void {
  change({ query: field.value }, true);
  offer(field.value.slice(0, field.selectionStart ?? undefined));
}

function pressed(event: KeyboardEvent, field: HTMLInputElement): void {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Escape") withdraw() || field.blur();
  else if (event.key === "Enter") take(field, false) || withdraw();
  else if (event.key !== "Tab" || event.shiftKey || !take(field, true)) return;
  event.preventDefault();
}

/** Puts what was chosen into the field. Gives whether anything was. */
function take(field: HTMLInputElement, first: boolean): boolean {
  const text = accepted(field.value, field.selectionStart ?? field.value.length, first);
  if (text === null) return false;
  change({ query: text }, true);
  withdraw();
  return true;
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
