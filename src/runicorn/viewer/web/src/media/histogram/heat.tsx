// Histograms over steps: how the values lie at each step as a column of colours, and at the cursor as bars.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count, number } from "../../parts/format";
import { get } from "../../server/api";
import { scheme } from "../../state/theme";
import { moveTo } from "../../run/cursor";
import type { Series } from "../series";
import type { Key } from "../types";
import { drawBars, drawHeat, stepAt, type Histogram, type Heat } from "./draw";

const COLUMN = 3; // pixels that a step takes at least
const HEIGHT = 150;

interface Props {
  series: Series;
  told: Key;
  place: number | undefined;
}

export default function HeatMap({ series, told, place }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const heat = useSignal<Heat | null>(null);
  const width = useSignal(0);
  useLayoutEffect(() => {
    const element = canvas.current!;
    const watch = new ResizeObserver(() => (width.value = element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const columns = Math.max(2, Math.floor(width.value / COLUMN));
  useEffect(() => {
    if (!width.value) return;
    const asking = new AbortController();
    void get<Heat>(`runs/${encodeURIComponent(series.run)}/histograms`, { key: told.key, n: columns }, asking.signal)
      .then((answer) => (heat.value = answer))
      .catch(() => undefined);
    return () => asking.abort();
  }, [told.count, columns, width.value > 0]);
  const row = place === undefined || place < 0 ? undefined : series.full(place);
  const step = row?.step ?? null;
  useSignalEffect(() => {
    void scheme.value;
    if (heat.value && width.value) drawHeat(canvas.current!, heat.value, step, HEIGHT);
  });
  useLayoutEffect(() => {
    if (heat.value && width.value) drawHeat(canvas.current!, heat.value, step, HEIGHT);
  }, [step]);
  const found = heat.value;
  return (
    <div class="heat">
      <div class="heat-map">
        <canvas
          ref={canvas}
          style={{ height: `${HEIGHT}px` }}
          role="img"
          aria-label={
            found
              ? `${told.key}: ${count(found.steps)} histograms from step ${told.first} to ${told.last}, values from ${number(found.lo)} to ${number(found.hi)}`
              : told.key
          }
          onClick={(event) => found && moveTo(stepAt(found, event.offsetX / event.currentTarget.clientWidth), false)}
        />
        <span class="axis">
          <span>{found && number(found.hi, 3)}</span>
          <span>{found && number(found.lo, 3)}</span>
        </span>
      </div>
      {found && found.step.length < found.steps && (
        <p class="told">
          {count(found.step.length)} of {count(found.steps)} steps are drawn.
        </p>
      )}
      {row && <Ridge histogram={row.media[0]?.value as Histogram | undefined} label={`${told.key} at step ${row.step}`} />}
    </div>
  );
}

/** One histogram as bars, with what it counts in words. */
export function Ridge({ histogram, label }: { histogram: Histogram | undefined; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useSignal(0);
  useLayoutEffect(() => {
    const element = canvas.current!;
    const watch = new ResizeObserver(() => (width.value = element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (histogram && width.value) drawBars(canvas.current!, histogram);
  }, [histogram, width.value, scheme.value]);
  if (!histogram) return <p class="told">It is being counted …</p>;
  const total = histogram.counts.reduce((sum, one) => sum + Number(one), 0);
  const ends = [histogram.edges[0], histogram.edges.at(-1)!].map((edge) => number(Number(edge)));
  return (
    <div class="ridge">
      <canvas ref={canvas} role="img" aria-label={`${label}: ${count(total)} values from ${ends[0]} to ${ends[1]}`} />
      <p class="told">
        <span>{ends[0]}</span>
        <span>
          {count(total)} values{histogram.nonfinite ? `, and ${count(histogram.nonfinite)} that are not finite` : ""}
        </span>
        <span>{ends[1]}</span>
      </p>
    </div>
  );
}
