// One chart with lines of one run's own, such as its ranks' or its machines', beside those that compare runs.
import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { below } from "../charts/current";
import type { Places } from "../charts/cursor";
import type { Found } from "../charts/curves";
import { extentOfX, extentOfY, type Range } from "../charts/extent";
import { Plot, type Picture } from "../charts/plot";
import AtCursor from "../charts/reading";
import { reading } from "../charts/readings";
import { Values } from "../charts/values";
import { number } from "../parts/format";
import { Swatch } from "../runs/cells";
import { DASHES, HUES } from "../runs/colours";
import { scheme } from "../state/theme";
import { reader } from "./machine";

export const HEAD = 26;
const AIR = 0.04;
const NAMED = 16;

interface Props {
  title: string;
  unit?: string;
  found: Found[];
  missing: boolean; // more will come
  axis: "step" | "relative";
  range: Range | null;
  places: ReadonlySignal<Places>; // that all charts beside it mark, too
  point: (x: number | null) => void; // the pointer is there
  pin: (x: number, reach: number) => void; // it was clicked there
  width: number;
  height: number;
  side: string; // where there is room for the values
  zoom: (range: Range | null) => void;
  least?: number; // that y goes down to
}

export function Chart({ title, unit, found, missing, axis, range, places, point, pin, width, height, side, zoom, least }: Props) {
  const pointed = useSignal<number | null>(null); // the pointer's height, as a value, while it is here
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  void scheme.value;
  const picture = pictured(found, axis, range, least);
  const mark = () => plot.current?.mark(places.peek());
  useLayoutEffect(() => {
    if (!picture) return;
    plot.current ??= new Plot(place.current!, picture, events(pointed, point, pin, zoom), width, height - HEAD);
    plot.current.resize(width, height - HEAD);
    plot.current.show(picture);
    below.value?.(plot.current, place.current!, axis);
    mark();
  });
  useEffect(() => () => plot.current?.destroy(), []);
  useLayoutEffect(() => places.subscribe(mark), [places]); // until the element goes: passive effects outlive it by a frame
  const at = useComputed(() => places.value[0] ?? places.value[1]);
  const here = useComputed(() => (pointed.value === null ? null : at.value));
  const elsewhere = useComputed(() => at.value !== null && pointed.value === null);
  const as = reader(unit);
  const words = `${title}: ${found.map(({ name }) => name).join(", ") || "nothing yet"}`;
  return (
    <figure class="panel" data-metric={title} style={{ width: `${width}px`, height: `${height}px` }}>
      <figcaption>
        <span class="title only">{title}</span>
        {unit && <span class="badge">{unit}</span>}
        {elsewhere.value && <AtCursor found={found} axis={axis} places={places} as={as} />}
      </figcaption>
      <div class="plot" ref={place} role="img" aria-label={words}>
        <div class="at-cursor" hidden />
        <div class="at-cursor pinned" hidden />
        <div class="flags" />
        {!picture && <div class="empty">{missing ? "" : "no points here"}</div>}
      </div>
      {here.value !== null && (
        <Values metric={title} found={found} axis={axis} x={here.value} y={pointed.value!} side={side} left={plot.current?.left(here.value)} as={as} />
      )}
    </figure>
  );
}

/** Which line is which, below a chart of several; and what each says at the step of the pinned cursor. */
export function LineNames({ found, pinned = null }: { found: Found[]; pinned?: number | null }) {
  if (found.length < 2) return null;
  return (
    <p class="line-names">
      {found.slice(0, NAMED).map((one) => {
        const there = pinned !== null && reading(one, "step", pinned, true);
        return (
          <span key={one.id}>
            <Swatch slot={one.slot} /> {one.name} {there && <b>{number(there.value)}</b>}
          </span>
        );
      })}
      {found.length > NAMED && <span class="muted">+{found.length - NAMED}</span>}
    </p>
  );
}

function pictured(found: Found[], axis: string, range: Range | null, least?: number): Picture | null {
  const all = found.map(({ cells }) => cells);
  const across = range ?? extentOfX(all);
  if (!across || !all.some(({ n }) => n)) return null;
  const [lo, hi] = extentOfY(all, across, false, false) ?? [-1, 1];
  const y: Range = least === undefined ? [lo, hi] : [least, hi + AIR * (hi - least)];
  const style = getComputedStyle(document.documentElement);
  const curves = found.map(({ slot, cells }) => {
    const colour = style.getPropertyValue(`--run-${slot % HUES}`);
    return { cells, ghost: null, colour, dash: DASHES[Math.floor(slot / HUES) % DASHES.length], faint: false, bold: false, several: false };
  });
  const x: Range = across[0] === across[1] ? [across[0] - 0.5, across[1] + 0.5] : across;
  return { curves, x, y, axis, logX: false, log: false, band: true };
}

function events(pointed: Signal<number | null>, point: Props["point"], pin: Props["pin"], zoom: Props["zoom"]) {
  return {
    moved: (at: { x: number; y: number } | null) => {
      if (!at && pointed.peek() === null) return; // the pointer is in another one
      pointed.value = at && at.y;
      point(at && at.x);
    },
    zoomed: (range: Range) => zoom(range),
    reset: () => zoom(null),
    clicked: pin,
    hidden: () => undefined,
  };
}
