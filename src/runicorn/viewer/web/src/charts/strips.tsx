// Metrics that are too many for charts: a strip for each, a cell for each bin of steps, which is the darker the greater
// the value is among those of its metric. A click opens the chart.
import { computed, useComputed } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { number } from "../parts/format";
import { HUES } from "../runs/colours";
import { pointed } from "../runs/focus";
import { shown, slots } from "../runs/shown";
import type { Cells } from "../server/frames";
import { scheme } from "../state/theme";
import { change, view } from "../state/view";
import { metrics as catalogue } from "./catalogue";
import { cells as cellKind } from "./cells";
import { STRIP } from "./grid";
import { arrived, cellsOf, changed } from "./loader";

const NAME = 0.34; // of the width
const ENDS = 150; // pixels for least and greatest
const CELL = 6; // pixels of a cell, at least
const FAINTEST = 0.06;

export default function Strips({ metrics, width }: { metrics: string[]; width: number }) {
  return metrics.map((metric) => <Strip key={metric} metric={metric} width={width} />);
}

function Strip({ metric, width }: { metric: string; width: number }) {
  const inner = Math.max(60, Math.floor(width * (1 - NAME) - ENDS));
  const run = useComputed(() => shown.value.find((row) => catalogue.value.get(metric)?.has(row.run)));
  const points = 2 ** Math.floor(Math.log2(inner / CELL));
  const cells = useMemo(() => computed(() => run.value && stripOf(run.value.run, metric, points)), [metric, points]);
  const ends = cells.value?.n ? extent(cells.value) : null;
  const words = ends ? `${number(ends[0], 3)} … ${number(ends[1], 3)}` : "";
  return (
    <button
      class="strip"
      style={{ height: `${STRIP}px`, gridTemplateColumns: `minmax(0, 1fr) ${inner}px ${ENDS}px` }}
      title={`${metric}: ${words}. Open its chart.`}
      onClick={() => change({ large: metric })}
      onMouseEnter={() => (pointed.value = run.value?.run ?? null)}
      onMouseLeave={() => (pointed.value = null)}
    >
      <span class="text">{metric}</span>
      <Heat cells={cells.value ?? null} ends={ends} width={inner} slot={slots.value.get(run.value?.run ?? "") ?? 0} />
      <span class="ends">{words}</span>
    </button>
  );
}

/** The cells of what is drawn of a run's metric; null: not yet, or never. */
function stripOf(run: string, metric: string, points: number): Cells | null {
  void arrived.value;
  void changed.value;
  const { range } = view.value;
  const found = cellsOf({ run, metric, x: "step", points, ...(range && { lo: range[0], hi: range[1] }) });
  return found && !("error" in found) ? found : null;
}

function Heat({ cells, ends, width, slot }: { cells: Cells | null; ends: [number, number] | null; width: number; slot: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const by = cellKind();
  const theme = scheme.value;
  useLayoutEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    context.clearRect(0, 0, width, STRIP);
    if (cells && ends) paint(context, cells, by, ends, width, getComputedStyle(document.documentElement), slot);
  }, [cells, ends, width, slot, by, theme]);
  return <canvas ref={canvas} width={width} height={STRIP - 4} />;
}

function paint(
  context: CanvasRenderingContext2D,
  cells: Cells,
  by: "max" | "mean",
  [lo, hi]: [number, number],
  width: number,
  style: CSSStyleDeclaration,
  slot: number,
): void {
  const { n, x0, x1 } = cells;
  const [first, last] = [x0[0], x1[n - 1] + 1];
  const place = (x: number) => ((x - first) / (last - first)) * width;
  for (let at = 0; at < n; at++) {
    const value = cells[by][at];
    const next = at + 1 < n ? x0[at + 1] : last;
    const left = Math.round(place(x0[at]));
    const bad = Number.isNaN(value) || cells.nan[at] > 0;
    context.fillStyle = style.getPropertyValue(bad ? "--bad" : `--run-${slot % HUES}`);
    const part = hi > lo ? (Math.max(lo, Math.min(hi, value)) - lo) / (hi - lo) : 0.5;
    context.globalAlpha = bad ? 1 : FAINTEST + (1 - FAINTEST) * part;
    context.fillRect(left, 0, Math.max(1, Math.round(place(next)) - left), STRIP);
  }
}

/** From the least to the greatest finite value; null where there is none. */
export function extent({ n, min, max }: Cells): [number, number] | null {
  let [lo, hi] = [Infinity, -Infinity];
  for (let at = 0; at < n; at++) {
    if (Number.isFinite(min[at])) lo = Math.min(lo, min[at]);
    if (Number.isFinite(max[at])) hi = Math.max(hi, max[at]);
  }
  return lo <= hi ? [lo, hi] : null;
}
