// A list of rows that are all as high: only those that are seen are there.
import { useSignal, type ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { linesSeen, revealing } from "../tables/layout";
import type { Rows } from "./asking";

const FIRST = 300; // pixels that are seen at least

interface Props<Row, Head> {
  label: string;
  name: string; // of the ids of rows
  rows: Rows<Row, Head>;
  count: number;
  height: number;
  current: number | null; // the row that is chosen
  choose: (row: Row, place: number) => void;
  draw: (row: Row, place: number) => ComponentChildren;
}

export function List<Row, Head>({ label, name, rows, count, height, current, choose, draw }: Props<Row, Head>) {
  const scroller = useRef<HTMLDivElement>(null);
  const room = useSignal(0);
  const top = useSignal(Math.max(0, ((current ?? 0) + 1) * height - FIRST)); // what is chosen is asked for first
  useLayoutEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => (room.value = element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const seen = linesSeen(count, height, top.value, room.value);
  useEffect(() => rows.want(seen.first, seen.stop), [rows, seen.first, seen.stop]);
  useEffect(() => {
    if (current === null || !room.value) return;
    const to = revealing(current, count, height, scroller.current!.scrollTop, room.value);
    if (to !== undefined) scroller.current!.scrollTop = to;
  }, [rows, current, count, room.value > 0]);
  const places = Array.from({ length: Math.max(0, seen.stop - seen.first) }, (_, at) => seen.first + at);
  const there = current !== null && places.includes(current);
  return (
    <div
      class="rollout-list"
      ref={scroller}
      role="listbox"
      aria-label={label}
      aria-activedescendant={there ? `${name}-${current}` : undefined}
      tabIndex={0}
      onScroll={({ currentTarget }) => (top.value = currentTarget.scrollTop)}
    >
      <div class="rollout-tall" role="presentation" style={{ height: `${seen.tall}px` }}>
        {places.map((place) => (
          <Line key={place} place={place} id={`${name}-${place}`} rows={rows.rows} top={seen.top(place)} {...{ height, current, choose, draw, count }} />
        ))}
      </div>
    </div>
  );
}

interface LineProps<Row> {
  place: number;
  id: string;
  rows: ReadonlySignal<Map<number, Row>>;
  top: number;
  height: number;
  count: number;
  current: number | null;
  choose: (row: Row, place: number) => void;
  draw: (row: Row, place: number) => ComponentChildren;
}

function Line<Row>({ place, id, rows, top, height, count, current, choose, draw }: LineProps<Row>) {
  const row = rows.value.get(place);
  return (
    <div
      class={`rollout-line ${place === current ? "chosen" : ""}`}
      id={id}
      role="option"
      aria-selected={place === current}
      aria-setsize={count}
      aria-posinset={place + 1}
      aria-label={row ? undefined : "not read yet"}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
      onClick={() => row && choose(row, place)}
    >
      {row && draw(row, place)}
    </div>
  );
}
