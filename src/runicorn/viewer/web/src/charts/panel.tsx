// One metric's chart: its head, its plot, and the values at the cursor.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { change, view } from "../state/view";
import { areSingle, Bars } from "./bars";
import { cursor, pin, pointer } from "./cursor";
import type { Curves } from "./curves";
import { badge, curves, pictured, summary } from "./picture";
import { Plot, type Events, type Picture } from "./plot";
import { Values } from "./values";

export const HEAD = 26;
const AXES = 60; // pixels, about, that the axes take of the width

interface Props {
  metric: string;
  width: number;
  height: number;
  side: string; // where there is room for the values
}

export function Panel({ metric, width, height, side }: Props) {
  const hidden = useSignal(0);
  const inner = useSignal(Math.max(AXES, width - AXES)); // a first guess would be asked for, too
  const last = useRef<Curves | null>(null);
  useLayoutEffect(() => void (inner.value = Math.max(AXES, width - AXES)), [width]);
  const data = useComputed(() => (last.current = curves(metric, inner.value, last.current)));
  const single = useComputed(() => view.value.range === null && areSingle(data.value.found));
  const picture = useComputed(() => (single.value ? null : pictured(data.value.found)));
  const words = useComputed(() => summary(metric, data.value.found));
  const told = useComputed(() => (picture.value ? badge(data.value.found, picture.value, inner.value) : ""));
  const here = useComputed(() => (pointer.value?.metric === metric ? pointer.value : null));
  const place = usePlot(picture.value, width, height - HEAD, events(metric, (values) => (hidden.value = values)));
  const { found, missing, error } = data.value;
  return (
    <figure class="panel" data-metric={metric} style={{ width: `${width}px`, height: `${height}px` }}>
      <Title metric={metric} badge={told.value} hidden={hidden.value} error={error} />
      <div class="plot" ref={place} role="img" aria-label={words.value}>
        <div class="mark" hidden />
        {single.value && <Bars found={found} height={height - HEAD} />}
        {!picture.value && !single.value && <div class="empty">{error || (missing ? "" : "no points here")}</div>}
      </div>
      {here.value && <Values found={found} axis={view.value.x} x={here.value.x} y={here.value.y} side={side} />}
    </figure>
  );
}

/** Keeps a plot in an element as the picture says, and its mark where the cursor is. */
function usePlot(picture: Picture | null, width: number, height: number, told: Events) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const mark = () => plot.current && moveMark(plot.current, place.current!.querySelector<HTMLElement>(".mark")!);
  useLayoutEffect(() => {
    if (plot.current && (!picture || !plot.current.fits(picture))) {
      plot.current.destroy();
      plot.current = null;
    }
    if (!picture) return;
    plot.current ??= new Plot(place.current!, picture, told, width, height);
    plot.current.resize(width, height);
    plot.current.show(picture);
    mark();
  }, [picture, width, height]);
  useEffect(() => () => plot.current?.destroy(), []);
  useEffect(() => cursor.subscribe(mark), []);
  return place;
}

interface TitleProps {
  metric: string;
  badge: string;
  hidden: number;
  error: string;
}

function Title({ metric, badge, hidden, error }: TitleProps) {
  const pinned = view.value.pins.includes(metric);
  const turn = () => change({ pins: pinned ? view.peek().pins.filter((one) => one !== metric) : [...view.peek().pins, metric] });
  return (
    <figcaption>
      <button class={`plain star ${pinned ? "on" : ""}`} aria-pressed={pinned} title="Pin to the top" aria-label={`Pin ${metric}`} onClick={turn}>
        <Icon name="pin" filled={pinned} />
      </button>
      <span class="title" title={metric}>
        {metric}
      </span>
      {error && (
        <span class="badge warning" title={error}>
          incomplete
        </span>
      )}
      {hidden > 0 && <span class="badge warning">{count(hidden)} ≤ 0 not drawn</span>}
      <span class="badge">{badge}</span>
    </figcaption>
  );
}

function events(metric: string, hidden: Events["hidden"]): Events {
  return {
    moved: (at) => {
      if (at) pointer.value = { ...at, metric };
      else if (pointer.peek()?.metric === metric) pointer.value = null;
    },
    zoomed: (range) => change({ range }),
    reset: () => change({ range: null }),
    clicked: (x) => pin(view.peek().cursor === null ? (view.peek().x === "step" ? Math.round(x) : x) : null),
    hidden,
  };
}

function moveMark(plot: Plot, mark: HTMLElement): void {
  const left = cursor.peek() === null ? null : plot.left(cursor.peek()!);
  mark.hidden = left === null;
  if (left === null) return;
  const inside = plot.inside;
  mark.style.transform = `translateX(${inside.offsetLeft + left}px)`;
  mark.style.top = `${inside.offsetTop}px`;
  mark.style.height = `${inside.clientHeight}px`;
}

