// Pictures over steps, side by side: only those that are seen are there.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../parts/format";
import { height } from "./actions";
import { moveTo } from "../run/cursor";
import { openMedium } from "./open";
import type { Series } from "./series";
import { Thumb, thumbnail } from "./thumb";
import { isPicture, type Key, type Row } from "./types";

const GAP = 6;
const LABEL = 18;
const OVER = 2; // steps to the left and right of those that are seen
const MOST = 9; // pictures of one step

interface Props {
  series: Series;
  told: Key;
  place: number | undefined;
}

export function Strip({ series, told, place }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const left = useSignal(0);
  const width = useSignal(0);
  const each = height() + GAP;
  useLayoutEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => (width.value = element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (place !== undefined && place >= 0) reveal(scroller.current!, place * each, each);
  }, [place, each, told.steps, width.value > 0]);
  const first = useComputed(() => Math.max(0, Math.floor(left.value / (height() + GAP)) - OVER));
  const stop = useComputed(() => Math.ceil((left.value + width.value) / (height() + GAP)) + OVER);
  const last = Math.min(told.steps, stop.value);
  useEffect(() => {
    if (width.value) series.want(first.value, last);
  }, [first.value, last, width.value > 0, told.count, series.rows.value]);
  const places = width.value ? Array.from({ length: Math.max(0, last - first.value) }, (_, at) => first.value + at) : [];
  return (
    <div
      class="strip"
      ref={scroller}
      style={{ height: `${height() + LABEL + 12}px` }}
      onScroll={(event) => (left.value = event.currentTarget.scrollLeft)}
    >
      <div class="inside-strip" style={{ width: `${told.steps * each}px` }}>
        {places.map((at) => (
          <Step key={at} series={series} row={series.rows.value.get(at)} left={at * each} current={at === place} />
        ))}
      </div>
    </div>
  );
}

function Step({ series, row, left, current }: { series: Series; row: Row | undefined; left: number; current: boolean }) {
  const side = height();
  const style = { transform: `translateX(${left}px)`, width: `${side}px` };
  if (!row) return <div class="step waiting" style={style} />;
  const across = columns(row);
  const { key, type } = series.told;
  return (
    <div class={`step ${current ? "current" : ""}`} style={style}>
      <div
        class="mosaic"
        style={{ gridTemplateColumns: `repeat(${across}, 1fr)`, gridAutoRows: `${(side - across + 1) / across}px`, height: `${side}px` }}
      >
        {row.media.slice(0, MOST).map((medium, index) => (
          <button
            key={medium.file ?? index}
            class="cell"
            title={medium.caption ?? undefined}
            aria-label={`${key}${row.count > 1 ? ` ${index}` : ""} at step ${row.step}${medium.caption ? `: ${medium.caption}` : ""}`}
            onClick={() => openMedium(type, key, row.step, index)}
          >
            <Thumb run={series.run} medium={medium} side={Math.floor(side / across)} />
          </button>
        ))}
      </div>
      <button class="plain label" title="Put the cursor here" aria-pressed={current} onClick={() => moveTo(row.step, false)}>
        {count(row.step)}
        {row.count > MOST && <span class="amount">+{row.count - MOST}</span>}
      </button>
    </div>
  );
}

/** How many pictures of a step are beside each other. */
function columns({ count }: Row): number {
  return Math.min(3, Math.ceil(Math.sqrt(count)));
}

/** Asks for the pictures of a step before the strip is laid out. */
export function preload({ run }: Series, row: Row): void {
  const side = Math.floor(height() / columns(row));
  for (const medium of row.media.slice(0, MOST)) {
    if (medium.file && medium.bytes && isPicture(medium)) new Image().src = thumbnail(run, medium.file, side);
  }
}

function reveal(element: HTMLElement, from: number, width: number): void {
  if (from < element.scrollLeft || from + width > element.scrollLeft + element.clientWidth) {
    element.scrollLeft = from + width / 2 - element.clientWidth / 2;
  }
}
