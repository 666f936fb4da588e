// The table of runs: only the rows and columns that are seen are there.
import { batch, effect, useComputed, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { later } from "../parts/later";
import { narrow } from "../state/screen";
import { focused, moveTo } from "./focus";
import { columns, geometry, HEAD, height, room, scrolled } from "./geometry";
import { Head } from "./head";
import type { Layout } from "./layout";
import { GroupLine, RunLine } from "./line";
import { marked } from "./marks";
import { plan } from "./plan";
import { problem, result, row, want, type Result } from "./result";
import { pass } from "./resting";
import { onScreen } from "./seen";

const OVER = 8; // rows above and below the ones seen

const Nothing = later(() => import("./nothing"));

export function Table() {
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const tall = useSignal(0);
  const head = narrow.value ? 0 : HEAD;
  const first = useComputed(() => Math.max(0, Math.floor(top.value / height.value) - OVER));
  const more = useComputed(() => !narrow.value && geometry.value.total > scrolled.value + room.value + 1); // to the right
  const stop = useComputed(() => Math.min(plan.value.lines, Math.ceil((top.value + tall.value) / height.value) + OVER));
  useLayoutEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => ([tall.value, room.value] = [element.clientHeight - head, element.clientWidth]));
    watch.observe(element);
    return () => watch.disconnect();
  }, [head]);
  useEffect(() => effect(() => {
    const lines = Array.from({ length: Math.max(0, stop.value - first.value) }, (_, at) => plan.value.at(first.value + at));
    onScreen.value = lines.flatMap((line) => (line.kind === "run" ? line.index : []));
    if (onScreen.value.length) want(onScreen.value);
  }), []);
  useEffect(() => {
    if (focused.value !== null) reveal(scroller.current!, plan.value.place(focused.value), head);
  }, [focused.value]);

  const made = useLines(result.value, plan.value);
  const places = Array.from({ length: Math.max(0, stop.value - first.value) }, (_, at) => first.value + at);
  return (
    <div
      class={`table ${marked.value.size ? "marking" : ""} ${geometry.value.total > room.value ? "wider" : ""} ${more.value ? "more" : ""}`}
      style={{ "--tall": `${tall.value + head}px` }}
      ref={scroller}
      role={result.value.groups.length ? "treegrid" : "grid"}
      aria-label="Runs"
      aria-multiselectable
      aria-rowcount={plan.value.lines + 1}
      aria-colcount={columns.value.length + 1}
      aria-activedescendant={focused.value === null ? undefined : `row-${focused.value}`}
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        pass();
        batch(() => ([top.value, scrolled.value] = [currentTarget.scrollTop, currentTarget.scrollLeft]));
      }}
      onFocus={() => focused.value === null && result.value.found && moveTo(0)}
    >
      <div class="inside" style={narrow.value ? undefined : { width: `${geometry.value.total}px` }}>
        {!narrow.value && <Head />}
        <div class="rows" role="rowgroup" style={{ height: `${plan.value.lines * height.value}px` }}>
          {places.map(made)}
        </div>
      </div>
      {result.value.found === 0 && (result.value.revision < 0 && !problem.value ? <p class="nothing late" role="row"><span role="gridcell">Reading runs …</span></p> : <Nothing />)}
    </div>
  );
}

/** Makes the line at a place, each once: those that stay on the screen while it scrolls are not looked at again. */
function useLines(found: Result, plan: Layout): (place: number) => VNode {
  return useMemo(() => {
    const made = new Map<number, VNode>();
    return (place: number) => {
      const known = made.get(place);
      if (known) return known;
      const line = plan.at(place);
      const fresh =
        line.kind === "group" ? (
          <GroupLine key={`g${place}`} place={place} {...line} />
        ) : (
          <RunLine key={place} row={row(found, line.index)} index={line.index} place={place} />
        );
      made.set(place, fresh);
      return fresh;
    };
  }, [found, plan]);
}

function reveal(element: HTMLElement, place: number, head: number): void {
  const [from, to] = [place * height.peek(), (place + 1) * height.peek()];
  const seen = element.clientHeight - head;
  if (from < element.scrollTop) element.scrollTop = from;
  else if (to > element.scrollTop + seen) element.scrollTop = to - seen;
}
