// The rows that are seen, of however many: they are put into a window that stays while the element behind it scrolls.
import { useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { count } from "../parts/format";
import { scheme } from "../state/theme";
import { follow, following, host, wrap } from "./choice";
import { pinnedRow } from "./hits";
import { Line } from "./line";
import { arrived, row, shape, want, type Row } from "./rows";
import { heightOf } from "./scale";
import { atEnd, attach, HEIGHT, scrolled, scrollTo, seen, settle, top, total } from "./scroll";

export function List({ run }: { run: string }) {
  const scroller = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const first = useComputed(() => Math.floor(top.value / HEIGHT));
  const stop = useComputed(() => Math.min(Math.max(0, shape.value.rows), first.value + Math.ceil(seen.value / HEIGHT) + 1));
  useScroller(scroller);
  useEffect(() => want(first.value, stop.value), [first.value, stop.value, shape.value, arrived.value]);
  useLayoutEffect(() => {
    if (following.value && shape.value.rows >= 0) scrollTo(total.peek());
    else settle();
  }, [shape.value, seen.value, following.value]);
  useLayoutEffect(() => {
    const hidden = top.value % HEIGHT;
    inner.current!.style.transform = `translateY(${wrap.value ? -wrapped(inner.current!, hidden / HEIGHT) : -hidden}px)`;
  });
  const made = useLines(run, shape.value.rows);
  void arrived.value;
  const places = Array.from({ length: Math.max(0, stop.value - first.value) }, (_, at) => first.value + at);
  return (
    <div
      class={`log-list ${wrap.value ? "wrapped" : ""}`}
      ref={scroller}
      role="log"
      aria-label={`Text of ${host.value || shape.value.host || "the run"}`}
      aria-live={following.value ? "polite" : "off"}
      tabIndex={0}
      onScroll={() => {
        const by = scrolled();
        if (by < 0) follow(false);
        else if (by > 0 && atEnd()) follow(true);
      }}
    >
      <div class="log-height" style={{ height: `${heightOf(total.value)}px` }}>
        <div class="log-window" style={{ height: `${seen.value}px` }}>
          <div ref={inner} role="list" style={{ "--number": `${count(shape.value.lines).length}ch` }}>
            {places.map(made)}
          </div>
        </div>
      </div>
    </div>
  );
}

function useScroller(scroller: { current: HTMLDivElement | null }): void {
  useLayoutEffect(() => {
    const element = scroller.current!;
    attach(element);
    const watch = new ResizeObserver(() => (seen.value = element.clientHeight));
    watch.observe(element);
    seen.value = element.clientHeight;
    return () => {
      watch.disconnect();
      attach(null);
    };
  }, []);
}

/** How far rows of any height are moved up: by the part of the first that is scrolled over, and in the last screen of
 * all so much more that the end of the last row is reached. */
function wrapped(inner: HTMLElement, part: number): number {
  const hidden = part * ((inner.firstElementChild as HTMLElement | null)?.offsetHeight ?? 0);
  const left = Math.min(1, (total.peek() - seen.peek() - top.peek()) / seen.peek());
  return hidden + (1 - Math.max(0, left)) * Math.max(0, inner.offsetHeight - hidden - seen.peek());
}

/** Makes a line, each once: those that stay on the screen while it scrolls are not looked at again. */
function useLines(run: string, rows: number): (place: number) => VNode {
  const colours = scheme.value;
  const pinned = pinnedRow.value;
  const made = useMemo(() => new WeakMap<Row, VNode>(), [run, rows, colours, pinned]);
  return (place) => {
    const found = row(place);
    if (!found) return <div key={place} class="log-line missing" />;
    let line = made.get(found);
    if (!line) made.set(found, (line = <Line key={place} run={run} row={found} place={place} rows={rows} pinned={place === pinned} />));
    return line;
  };
}
