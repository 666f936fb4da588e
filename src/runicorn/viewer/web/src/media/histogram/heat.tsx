// Histograms over steps: a map of all, and beside it, along the same values, the one at the cursor as bars.
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count, number } from "../../parts/format";
import { moveTo } from "../../run/cursor";
import { useWidth } from "../../run/width";
import { get } from "../../server/api";
import { scheme } from "../../state/theme";
import type { Series } from "../series";
import type { Key } from "../types";
import { binAt, drawBars, type Heat, type Histogram } from "./draw";
import { HeatPicture, HEIGHT } from "./picture";

const COLUMN = 3; // pixels that a step takes at least

interface Props {
  series: Series;
  told: Key;
  place: number | undefined;
}

export default function HeatMap({ series, told, place }: Props) {
  const heat = useSignal<Heat | null>(null);
  const [room, width] = useWidth();
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
  const found = heat.value;
  return (
    <div class="heat" ref={room}>
      {found && <HeatPicture heat={found} name={told.key} step={row?.step ?? null} pick={(step) => moveTo(step, false)} />}
      {found && row && <Ridge histogram={row.media[0]?.value as Histogram | undefined} heat={found} label={`${told.key} at step ${row.step}`} />}
    </div>
  );
}

/** One histogram as bars, with what it counts in words. */
function Ridge({ histogram, heat: { lo, hi }, label }: { histogram: Histogram | undefined; heat: Heat; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const over = useSignal<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (histogram) drawBars(canvas.current!, histogram, lo, hi, HEIGHT);
  }, [histogram, lo, hi, scheme.value]);
  if (!histogram) return <p class="told">It is being counted …</p>;
  const { counts, edges, nonfinite } = histogram;
  const total = counts.reduce((sum, one) => sum + Number(one), 0);
  const at = over.value;
  const most = Math.max(0, ...counts.map(Number));
  const fullest = counts.findIndex((one) => Number(one) === most);
  const wide = fullest < 0 ? "" : `, ${number(Number(edges[fullest + 1]) - Number(edges[fullest]), 2)} wide`;
  const all = `${count(total)} values, ${count(most)} in the fullest bin${wide}`;
  return (
    <div class="ridge">
      <canvas
        ref={canvas}
        style={{ height: `${HEIGHT}px` }}
        role="img"
        aria-label={`${label}: ${all}, from ${number(Number(edges[0]))} to ${number(Number(edges.at(-1)))}`}
        onPointerMove={(event) => (over.value = binAt(histogram, hi - ((hi - lo) * event.offsetY) / HEIGHT))}
        onPointerLeave={() => (over.value = undefined)}
      />
      <p class="told">
        {at === undefined ? all : `${number(Number(edges[at]), 3)} to ${number(Number(edges[at + 1]), 3)}: ${count(Number(counts[at]))}`}
        {nonfinite ? `, and ${count(nonfinite)} that are not finite` : ""}
      </p>
    </div>
  );
}
