// The table of runs: only the rows that are seen are there.
import { useComputed, useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { value } from "../parts/format";
import { part } from "../state/view";
import { Cell, Eye, Name, Status } from "./cells";
import { Head } from "./head";
import { keys, template } from "./keys";
import { layout, type Group, type Layout } from "./layout";
import { Nothing } from "./nothing";
import { result, row, want, type Result, type Row } from "./result";
import { ids } from "./shown";
import { focused, hover, moveTo, pointed } from "./focus";

const HEIGHT = 24;
const OVER = 8; // rows above and below the ones seen
const grouped = part((view) => view.group);

export function Table() {
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(0);
  const plan = useComputed(() => layout(result.value.found, result.value.groups));
  const first = useComputed(() => Math.max(0, Math.floor(top.value / HEIGHT) - OVER));
  const stop = useComputed(() => Math.min(plan.value.lines, Math.ceil((top.value + height.value) / HEIGHT) + OVER));
  useLayoutEffect(() => {
    const element = scroller.current!;
    const seen = new ResizeObserver(() => (height.value = element.clientHeight - HEIGHT));
    seen.observe(element);
    return () => seen.disconnect();
  }, []);
  useEffect(() => {
    const lines = Array.from({ length: stop.value - first.value }, (_, at) => plan.value.at(first.value + at));
    const runs = lines.flatMap((line) => (line.kind === "run" ? line.index : []));
    if (runs.length) want(runs[0], runs[runs.length - 1] + 1);
  }, [first.value, stop.value, plan.value]);
  useEffect(() => {
    if (focused.value !== null) reveal(scroller.current!, plan.value.place(focused.value));
  }, [focused.value]);

  const made = useLines(result.value, plan.value);
  const places = Array.from({ length: Math.max(0, stop.value - first.value) }, (_, at) => first.value + at);
  return (
    <div
      class="table"
      ref={scroller}
      role="grid"
      aria-label="Runs"
      aria-rowcount={plan.value.lines + 1}
      aria-activedescendant={focused.value === null ? undefined : `row-${focused.value}`}
      tabIndex={0}
      onScroll={(event) => (top.value = event.currentTarget.scrollTop)}
      onFocus={() => focused.value === null && result.value.found && moveTo(0)}
    >
      <div class="inside" style={{ "--columns": template(keys.value) }}>
        <Head />
        <div class="rows" role="rowgroup" style={{ height: `${plan.value.lines * HEIGHT}px` }}>
          {places.map(made)}
        </div>
      </div>
      {result.value.found === 0 && <Nothing />}
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
          <GroupLine key={`g${place}`} group={line.group} place={place} />
        ) : (
          <RunLine key={place} row={row(found, line.index)} index={line.index} place={place} />
        );
      made.set(place, fresh);
      return fresh;
    };
  }, [found, plan]);
}

function RunLine({ row, index, place }: { row: Row | undefined; index: number; place: number }) {
  const visible = row !== undefined && ids.value.includes(row.run);
  return (
    <div
      class={`line ${visible ? "visible" : ""} ${focused.value === index ? "focused" : ""} ${row && pointed.value === row.run ? "pointed" : ""}`}
      id={`row-${index}`}
      role="row"
      aria-rowindex={place + 2}
      style={{ transform: `translateY(${place * HEIGHT}px)` }}
      onClick={() => moveTo(index)}
      onMouseEnter={() => hover(row?.run ?? null)}
      onMouseLeave={() => hover(null)}
    >
      {row && <Cells row={row} visible={visible} />}
    </div>
  );
}

function Cells({ row, visible }: { row: Row; visible: boolean }) {
  return (
    <>
      <div class="sticky" role="gridcell">
        <Eye row={row} visible={visible} />
        <Name row={row} />
      </div>
      <div role="gridcell">
        <Status status={row.status} />
      </div>
      {keys.value.map((key) => (
        <div role="gridcell" key={key}>
          <Cell name={key} found={row[key]} />
        </div>
      ))}
    </>
  );
}

function GroupLine({ group, place }: { group: Group; place: number }) {
  return (
    <div class="line head-of-group" role="row" style={{ transform: `translateY(${place * HEIGHT}px)` }}>
      <div class="sticky" role="gridcell">
        <span class="muted">{grouped.value}</span> {group.value === null ? "none" : value(group.value)}
        <span class="amount">{group.count}</span>
      </div>
    </div>
  );
}

function reveal(element: HTMLElement, place: number): void {
  const [from, to] = [place * HEIGHT, (place + 1) * HEIGHT];
  const seen = element.clientHeight - HEIGHT;
  if (from < element.scrollTop) element.scrollTop = from;
  else if (to > element.scrollTop + seen) element.scrollTop = to - seen;
}
