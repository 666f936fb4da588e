// How a chart is drawn: as all are, or as it was told itself.
import type { ReadonlySignal } from "@preact/signals";
import type { Own } from "../state/own";
import type { View } from "../state/url";
import { change, part, view } from "../state/view";

export type Settings = Pick<View, "x" | "logX" | "range" | "smooth" | "log" | "full" | "band">;

/** How the chart of a metric is drawn. */
export function settings(metric: string): ReadonlySignal<Settings> {
  return part(({ x, logX, range, smooth, log, full, band, charts }) => {
    const all = { x, logX: logX && x !== "time" && x !== "relative", range, smooth, log, full, band };
    return Object.assign(all, charts[metric]);
  });
}

/** Changes what a chart has of its own; undefined is as in all charts. */
export function setOwnOf(metric: string, changed: Own, quiet = false): void {
  const { charts } = view.peek();
  const said = Object.entries({ ...charts[metric], ...changed }).filter(([, value]) => value !== undefined);
  const others = Object.entries(charts).filter(([name]) => name !== metric);
  change({ charts: Object.fromEntries(said.length ? [...others, [metric, Object.fromEntries(said)]] : others) }, quiet);
}
