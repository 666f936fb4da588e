// The rows and columns of a table that are seen.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { count } from "../parts/format";
import { focused, opened, openRow, table } from "./actions";
import { TableCell } from "./cells";
import type { Line, Question, Rows } from "./data";
import { Head } from "./head";
import { columnsOf, columnsSeen, HIGH, linesSeen, LOW, revealing, type Columns } from "./layout";
import { OneRow } from "./one-row";

const HEAD = 58;
const NONE = { columns: [], rows: 0 };

export function Grid({ rows }: { rows: Rows }) {
  const scroller = useRef<HTMLDivElement>(null);
  const scroll = useSignal({ top: 0, left: 0 });
  const room = useSignal({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => (room.value = { width: element.clientWidth, height: element.clientHeight - HEAD }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const head = rows.head.value;
  const columns = useMemo(() => columnsOf(head ?? NONE, room.value.width), [head, room.value.width]);
  const height = head?.columns.some(({ type }) => type === "medium") ? HIGH : LOW;
  const found = head?.found ?? 0;
  const [from, to] = columnsSeen(columns, scroll.value.left + columns.numbers, scroll.value.left + room.value.width);
  const lines = linesSeen(found, height, scroll.value.top, room.value.height);
  const shown = columns.names.slice(from, to);
  useEffect(() => rows.want(lines.first, lines.stop, shown), [rows, lines.first, lines.stop, shown.join("\0")]);
  useEffect(() => void (table.value = { columns: columns.names, found }), [columns, found]);
  useEffect(() => {
    if (!room.value.width) return; // what is seen is not known yet: nothing would be
    const element = scroller.current!;
    const top = revealing(focused.value.row, found, height, element.scrollTop, room.peek().height);
    if (top !== undefined) element.scrollTop = top;
    const { lefts, widths, numbers } = columns;
    const at = focused.value.column;
    if (lefts[at] < element.scrollLeft + numbers) element.scrollLeft = lefts[at] - numbers;
    else if (lefts[at] + widths[at] > element.scrollLeft + room.peek().width)
      element.scrollLeft = lefts[at] + widths[at] - room.peek().width;
  }, [focused.value, room.value.width > 0]);
  const places = Array.from({ length: Math.max(0, lines.stop - lines.first) }, (_, at) => lines.first + at);
  return (
    <>
      <div
        class="sheet"
        ref={scroller}
        role="grid"
        aria-label="Rows"
        aria-rowcount={found + 1}
        aria-colcount={columns.names.length}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop: top, scrollLeft: left } }) => (scroll.value = { top, left })}
      >
        {head && <Head question={rows.question} columns={columns} from={from} to={to} />}
        <div class="lines" role="rowgroup" style={{ height: `${lines.tall}px`, width: `${columns.total}px` }}>
          {places.map((place) => (
            <Row
              key={place}
              question={rows.question}
              line={rows.lines.value.get(place)}
              place={place}
              top={lines.top(place)}
              height={height}
              columns={columns}
              from={from}
              to={to}
            />
          ))}
        </div>
        {head && !found && <div class="nothing">{nothing(rows.question)}</div>}
      </div>
      {opened.value !== null && opened.value < found && head && (
        <OneRow question={rows.question} place={opened.value} columns={head.columns} close={() => openRow(null)} />
      )}
    </>
  );
}

function nothing({ differ, query }: Question): string {
  return differ ? "No row differs." : query ? "No row is meant by this filter." : "The table has no rows.";
}

interface RowProps {
  question: Question;
  line: Line | undefined;
  place: number;
  top: number;
  height: number;
  columns: Columns;
  from: number;
  to: number;
}

function Row({ question, line, place, top, height, columns, from, to }: RowProps) {
  const names = columns.names.slice(from, to);
  const mine = focused.value.row === place;
  const gone = question.other && line && !line.other;
  return (
    <div
      class={`sheet-row ${mine ? "focused" : ""}`}
      role="row"
      aria-rowindex={place + 2}
      style={{ transform: `translateY(${top}px)`, height: `${height}px` }}
    >
      <div class="number" role="rowheader" style={{ width: `${columns.numbers}px` }}>
        {gone && <span>only here</span>}
        <button class="plain" title="All of its values (Enter)" onClick={() => openRow(place)}>
          {line && count(line.row)}
        </button>
      </div>
      {names.map((name, at) => (
        <div
          key={name}
          class={`sheet-cell ${mine && focused.value.column === from + at ? "current" : ""}`}
          role="gridcell"
          aria-colindex={from + at + 1}
          style={{ left: `${columns.lefts[from + at]}px`, width: `${columns.widths[from + at]}px` }}
          onClick={() => (focused.value = { row: place, column: from + at })}
          onDblClick={() => openRow(place)}
        >
          {line && (
            <TableCell
              question={question}
              cell={line.values[name]}
              other={line.other ? line.other[name] : undefined}
              height={height}
              numbers={columns.types[from + at] === "number"}
            />
          )}
        </div>
      ))}
    </div>
  );
}
