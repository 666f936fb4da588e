// One metric's chart: its head, its plot, and the values at the cursor.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count, duration, number } from "../parts/format";
import { Icon } from "../parts/icon";
import { DASHES, HUES } from "../runs/colours";
import { shown, slots } from "../runs/shown";
import { change, part, view } from "../state/view";
import { scheme } from "../state/theme";
import { metrics } from "./catalogue";
import { cursor, pin, pointer } from "./cursor";
import { ofGroups, ofRuns, type Found } from "./curves";
import { extentOfX, extentOfY } from "./extent";
import { areDrawn, grouped } from "./groups";
import { arrived, changed } from "./loader";
import { Plot, type Events, type Picture } from "./plot";
import { Values } from "./values";

export const HEAD = 26;
const axis = part(({ x, range, smooth }) => ({ x, range, smooth }));
const group = part((view) => view.group);
const lines = part((view) => view.lines);
const look = part(({ log, full, band }) => ({ log, full, band }));

interface Props {
  metric: string;
  width: number;
  height: number;
  side: string; // where there is room for the values
}

export function Panel({ metric, width, height, side }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const hidden = useSignal(0);
  const inner = Math.max(60, width - 60);
  const data = useComputed(() => {
    void arrived.value;
    void changed.value;
    const rows = shown.value.filter((row) => metrics.value.get(metric)?.has(row.run));
    if (!areDrawn.value) return ofRuns(rows, slots.value, metric, axis.value, inner);
    return ofGroups(grouped(rows, group.value), lines.value, metric, axis.value, inner);
  });
  const picture = useComputed(() => pictured(data.value.found));

  useLayoutEffect(() => {
    const now = picture.value;
    if (plot.current && (!now || !plot.current.fits(now))) {
      plot.current.destroy();
      plot.current = null;
    }
    if (!now) return;
    if (plot.current) {
      plot.current.resize(width, height - HEAD);
      plot.current.show(now);
    } else plot.current = new Plot(place.current!, now, events(metric, (values) => (hidden.value = values)), width, height - HEAD);
    moveMark(plot.current, mark.current!);
  }, [picture.value, width, height, scheme.value]);
  useEffect(() => () => plot.current?.destroy(), []);
  useEffect(() => cursor.subscribe(() => plot.current && moveMark(plot.current, mark.current!)), []);

  const here = pointer.value?.metric === metric ? pointer.value : null;
  return (
    <figure class="panel" data-metric={metric} style={{ width: `${width}px`, height: `${height}px` }}>
      <Title metric={metric} badge={picture.value ? badge(data.value.found, picture.value, inner) : ""} hidden={hidden.value} error={data.value.error} />
      <div class="plot" ref={place} role="img" aria-label={summary(metric, data.value.found)}>
        <div class="mark" ref={mark} hidden />
        {!picture.value && <div class="empty">{data.value.error || (data.value.missing ? "" : "no points here")}</div>}
      </div>
      {here && <Values found={data.value.found} axis={axis.value.x} x={here.x} y={here.y} side={side} />}
    </figure>
  );
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

/** What the plot draws; null while nothing has come. */
function pictured(found: Found[]): Picture | null {
  const { x, range } = axis.value;
  const { log, full, band } = look.value;
  const all = found.map(({ cells }) => cells);
  const across = range ?? extentOfX(all);
  if (!across) return null;
  const y = extentOfY([...all, ...found.flatMap(({ ghost }) => ghost ?? [])], across, log, !full);
  const style = getComputedStyle(document.documentElement);
  void scheme.value;
  return {
    curves: found.map(({ slot, cells, ghost }) => {
      const colour = style.getPropertyValue(`--run-${slot % HUES}`);
      return { cells, ghost, colour, dash: DASHES[Math.floor(slot / HUES)] };
    }),
    x: across[0] === across[1] ? [across[0] - 0.5, across[1] + 0.5] : across,
    y: y ?? (log ? [0.1, 10] : [-1, 1]),
    axis: x,
    log,
    band,
  };
}

/** How much of x a pixel stands for, where that is more than a point. */
function badge(found: Found[], { x, axis }: Picture, inner: number): string {
  const dense = found.some(({ runs, cells }) => runs > 1 || cells.count.some((one) => one > 1));
  if (!dense) return "";
  const each = (x[1] - x[0]) / inner;
  if (axis === "step") return `1 px = ${each < 10 ? number(each, 2) : count(each)} steps`;
  return axis === "time" || axis === "relative" ? `1 px = ${duration(each)}` : `1 px = ${number(each, 2)}`;
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

/** The chart in words. */
function summary(metric: string, found: Found[]): string {
  const all = found.filter(({ cells }) => cells.n);
  if (!all.length) return `${metric}: nothing yet`;
  let [least, most] = [Infinity, -Infinity];
  for (const { cells } of all) {
    for (let at = 0; at < cells.n; at++) {
      if (cells.min[at] < least) least = cells.min[at];
      if (cells.max[at] > most) most = cells.max[at];
    }
  }
  const runs = found.reduce((sum, one) => sum + one.runs, 0);
  return `${metric} of ${runs} runs, from ${number(least)} to ${number(most)}`;
}
