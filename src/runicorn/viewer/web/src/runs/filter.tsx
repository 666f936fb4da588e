// The filter: what is typed goes to the server, which has the grammar. Its error is underlined where it stands.
import { computed, signal, useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { change, part } from "../state/view";
import { problem, result } from "./result";
import { paths } from "./tree";

type Completion = typeof import("./completion");

const query = part((view) => view.query);
const path = part((view) => view.path);
/** What can be typed next; loaded when somebody begins to type. */
const completion = signal<Completion | null>(null);
/** How many runs there are at and below the path. */
const below = computed(() => {
  const all = Object.entries(paths.value.paths).filter(([one]) => path.value && `${one}/`.startsWith(`${path.value}/`));
  return all.reduce((sum, [, runs]) => sum + runs, 0) || result.value.total;
});
const load = async (): Promise<Completion> => (completion.value = await import("./completion"));

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
            {...completion.value?.announced.value}
            spellcheck={false}
            autocomplete="off"
            aria-label="Filter the runs"
            aria-invalid={problem.value !== null}
            aria-describedby="filter-error"
            placeholder="status=failed  lr<1e-3  val/acc>=.9  path:cv/**  since:7d  or any text"
            value={query.value}
            onInput={(event) => type(event.currentTarget)}
            onScroll={(event) => (scrolled.value = event.currentTarget.scrollLeft)}
            onFocus={load}
            onKeyDown={(event) => (completion.peek()?.pressed ?? leave)(event, event.currentTarget)}
            onBlur={() => completion.peek()?.withdraw()}
          />
          {wrong.value && <Underline query={query.value} start={wrong.value.start!} end={wrong.value.end!} by={scrolled.value} />}
        </span>
        <span class="wrong" id="filter-error" role="alert">
          {problem.value && problem.value.message}
        </span>
        {query.value && (
          <button class="plain" title="Clear the filter" aria-label="Clear the filter" onClick={() => (change({ query: "" }), input.current!.focus())}>
            <Icon name="close" />
          </button>
        )}
      </label>
      <span class="found" aria-live="polite">
        {result.value.revision < 0 ? "" : `${count(result.value.found)} of ${count(below.value)}`}
      </span>
      {completion.value && <completion.value.Offered field={input} />}
    </div>
  );
}

function type(field: HTMLInputElement): void {
  change({ query: field.value }, true);
  const text = field.value.slice(0, field.selectionStart ?? undefined);
  void load().then(({ offer }) => offer(text));
}

/** What a key does before it is known what can be typed. */
function leave(event: KeyboardEvent, field: HTMLInputElement): void {
  if (event.key === "Escape") field.blur();
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
