// A cell with a picture of a metric over steps; asked for with those of all rows that are seen, in one request.
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { number } from "../parts/format";
import { arrived, cellsOf, changed, known } from "../charts/loader";
import { looks } from "../charts/groups";
import type { Ask } from "../server/api";
import { HUES } from "./colours";
import { resting } from "./resting";
import { sparkline } from "./sparkline";

const POINTS = 64;
const EDGE = 2; // pixels around the line

export function Spark({ run, metric, width, height }: { run: string; metric: string; width: number; height: number }) {
  // The row may become another run's, as the table is sorted.
  const drawn = useMemo(() => computed(() => picture(run, metric, width, height)), [run, metric, width, height]);
  const slot = looks.value.get(run);
  if (!drawn.value) return null;
  return (
    <svg
      class="spark"
      role="img"
      aria-label={`${metric} ${drawn.value.told}`}
      width={width}
      height={height}
      style={slot === undefined ? undefined : { color: `var(--run-${slot % HUES})` }}
    >
      <title>{`${metric} ${drawn.value.told}`}</title>
      <path d={drawn.value.path} transform={`translate(${EDGE} ${EDGE})`} />
    </svg>
  );
}

/** The line and its words; null where there is none, or not yet. */
function picture(run: string, metric: string, width: number, height: number): { path: string; told: string } | null {
  void arrived.value;
  void changed.value;
  const ask: Ask = { run, metric, points: POINTS, x: "step" };
  const cells = resting.value ? cellsOf(ask) : known(ask);
  if (!cells || "error" in cells || !cells.n) return null;
  const extremes = [...cells.min, ...cells.max].filter(Number.isFinite);
  const told = extremes.length ? `from ${number(Math.min(...extremes))} to ${number(Math.max(...extremes))}` : "no number";
  return { path: sparkline(cells, width - 2 * EDGE, height - 2 * EDGE), told };
}
