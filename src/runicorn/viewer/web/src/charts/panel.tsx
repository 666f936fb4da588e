// One metric's chart: its head, its plot, and the values at the cursor.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { later } from "../parts/later";
import { pointed } from "../runs/focus";
import { alone } from "../runs/shown";
import { view } from "../state/view";
import { pressed } from "./actions";
import { areSingle, Bars } from "./bars";
import { below, charts, current, type Shown } from "./current";
import { isSomewhere, pin, places, pointer } from "./cursor";
import type { Curves, Found } from "./curves";
import { curves, pictured } from "./picture";
import { Plot, type Events, type Picture } from "./plot";
import { settings } from "./settings";
import { Title } from "./title";
import { badge, summary } from "./words";
import { reset, zoom } from "./zoom";

const Values = later(() => import("./tip"));
const AtCursor = later(() => import("./reading"));
export const HEAD = 26;
const AXES = 60; // pixels, about, that the axes take of the width

interface Props {
  metric: string;
  width: number;
  height: number;
  side: string; // where there is room for the values; "" where they are shown elsewhere
}

export function Panel({ metric, width, height, side }: Props) {
  const hidden = useSignal(0);
  const inner = useSignal(Math.max(AXES, width - AXES)); // a first guess would be asked for, too
  const last = useRef<Curves | null>(null);
  const look = useMemo(() => settings(metric), [metric]);
  useLayoutEffect(() => void (inner.value = Math.max(AXES, width - AXES)), [width]);
  const data = useComputed(() => (last.current = curves(metric, look.value, inner.value, last.current)));
  const single = useComputed(() => look.value.range === null && areSingle(data.value.found));
  const nothing = useComputed(() => single.value || (data.value.missing && !data.value.found.length));
  const picture = useComputed(() => (nothing.value ? null : pictured(data.value.found, look.value)));
  const words = useComputed(() => summary(metric, data.value.found));
  const told = useComputed(() => (picture.value ? badge(data.value.found, picture.value, inner.value, Number(alone.value?.[0]?.ranks)) : ""));
  const here = useComputed(() => (pointer.value?.metric === metric ? pointer.value : null));
  const { found, missing, error } = data.value;
  const [place, plot] = usePlot(picture.value, width, height - HEAD, events(metric, last, (values) => (hidden.value = values)));
  useShown(metric, () => {
    const ticks = plot.current?.ticks ?? { x: [], y: [] };
    return { metric, found: data.peek().found, picture: picture.peek(), ticks, width, height: height - HEAD };
  });
  return (
    <figure
      class="panel"
      data-metric={metric}
      tabIndex={0}
      aria-label={words.value}
      aria-busy={missing}
      style={{ width: `${width}px`, height: `${height}px` }}
      onMouseEnter={() => (current.value = metric)}
      onFocusIn={() => (current.value = metric)}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget && pressed(metric, event.key)) event.stopPropagation();
      }}
    >
      <Title metric={metric} badge={told.value} hidden={hidden.value} error={error}>
        {isSomewhere.value && !here.value && <AtCursor found={found} axis={look.value.x} places={places} metric={metric} />}
      </Title>
      <div class="plot" ref={place}>
        <div class="at-cursor" hidden />
        <div class="at-cursor pinned" hidden />
        <div class="flags" />
        {single.value && <Bars found={found} height={height - HEAD} />}
        {!picture.value && !single.value && <div class="empty">{error || (missing ? "" : "no points here")}</div>}
      </div>
      {here.value && side && <Values metric={metric} found={found} axis={look.value.x} x={here.value.x} y={here.value.y} side={side} left={plot.current?.left(here.value.x)} />}
    </figure>
  );
}

/** Keeps a plot in an element as the picture says, and its mark where the cursor is. */
function usePlot(picture: Picture | null, width: number, height: number, told: Events) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const mark = () => plot.current?.mark(places.peek());
  useLayoutEffect(() => {
    if (plot.current && (!picture || !plot.current.fits(picture))) {
      plot.current.destroy();
      plot.current = null;
    }
    if (!picture) return;
    // With the next frame: by then, all charts of the screen have asked for what they need.
    const frame = requestAnimationFrame(() => {
      plot.current ??= new Plot(place.current!, picture, told, width, height);
      plot.current.resize(width, height);
      plot.current.show(picture);
      below.value?.(plot.current, place.current!, picture.axis);
      mark();
    });
    return () => cancelAnimationFrame(frame);
  }, [picture, width, height, below.value]);
  useEffect(() => () => plot.current?.destroy(), []);
  useLayoutEffect(() => places.subscribe(mark), []); // until the element goes: passive effects outlive it by a frame
  return [place, plot] as const;
}

/** Lets others ask what is shown, such as who makes a file of it. */
function useShown(metric: string, ask: () => Shown): void {
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const told = () => latest.current();
    charts.set(metric, told);
    return () => void (charts.get(metric) === told && charts.delete(metric));
  }, [metric]);
}

function events(metric: string, last: { current: Curves | null }, hidden: Events["hidden"]): Events {
  const lineOf = (curve: number | null): Found | undefined => (curve === null ? undefined : last.current?.found[curve]);
  return {
    moved: (at) => {
      if (at) pointer.value = { x: at.x, y: at.y, metric };
      else if (pointer.peek()?.metric === metric) pointer.value = null;
      pointed.value = lineOf(at?.curve ?? null)?.id ?? null;
    },
    zoomed: (range, alone, moving) => zoom(range, alone || view.peek().charts[metric]?.range ? metric : "", moving),
    reset: () => reset(metric),
    clicked: pin,
    hidden,
  };
}
