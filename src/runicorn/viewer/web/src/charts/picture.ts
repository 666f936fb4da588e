// What one metric's chart shows, and what is said of it.
import { count, duration, number } from "../parts/format";
import { DASHES, HUES } from "../runs/colours";
import { hovered } from "../runs/focus";
import { shown, slots } from "../runs/shown";
import { scheme } from "../state/theme";
import { part } from "../state/view";
import { metrics } from "./catalogue";
import { ofGroups, ofRuns, type Curves, type Found } from "./curves";
import { extentOfX, extentOfY, type Range } from "./extent";
import { areDrawn, grouped } from "./groups";
import { arrived, changed } from "./loader";
import type { Picture } from "./plot";

const axis = part(({ x, range, smooth }) => ({ x, range, smooth }));
const group = part((view) => view.group);
const lines = part((view) => view.lines);
const look = part(({ log, full, band }) => ({ log, full, band }));

/** The lines of a metric, for a chart of `width` pixels. What came of it `before` is given where nothing is new. */
export function curves(metric: string, width: number, before: Curves | null): Curves {
  void arrived.value;
  void changed.value;
  const rows = shown.value.filter((row) => metrics.value.get(metric)?.has(row.run));
  const found = areDrawn.value
    ? ofGroups(grouped(rows, group.value), lines.value, metric, axis.value, width)
    : ofRuns(rows, slots.value, metric, axis.value, width);
  return before && same(found, before) ? before : found;
}

function same(a: Curves, b: Curves): boolean {
  if (a.missing !== b.missing || a.error !== b.error || a.found.length !== b.found.length) return false;
  const parts = ["id", "name", "slot", "cells", "ghost"] as const;
  return a.found.every((one, at) => parts.every((name) => one[name] === b.found[at][name]));
}

/** What the plot draws; null while nothing has come. */
export function pictured(found: Found[]): Picture | null {
  const { x, range } = axis.value;
  const { log, full, band } = look.value;
  const all = found.map(({ cells }) => cells);
  const across: Range | null = range ?? extentOfX(all);
  if (!across) return null;
  const y = extentOfY([...all, ...found.flatMap(({ ghost }) => ghost ?? [])], across, log, !full);
  const lit = found.some(({ id }) => id === hovered.value) ? hovered.value : null;
  const style = getComputedStyle(document.documentElement);
  void scheme.value;
  return {
    curves: found.map(({ id, slot, cells, ghost }) => {
      const colour = style.getPropertyValue(`--run-${slot % HUES}`);
      return { cells, ghost, colour, dash: DASHES[Math.floor(slot / HUES)], faint: lit !== null && lit !== id };
    }),
    x: across[0] === across[1] ? [across[0] - 0.5, across[1] + 0.5] : across,
    y: y ?? (log ? [0.1, 10] : [-1, 1]),
    axis: x,
    log,
    band,
  };
}

/** How much of x a pixel stands for, where that is more than a point. */
export function badge(found: Found[], { x, axis }: Picture, inner: number): string {
  const dense = found.some(({ runs, cells }) => runs > 1 || cells.count.some((one) => one > 1));
  if (!dense) return "";
  const each = (x[1] - x[0]) / inner;
  if (axis === "step") return `1 px = ${each < 10 ? number(each, 2) : count(each)} steps`;
  return axis === "time" || axis === "relative" ? `1 px = ${duration(each)}` : `1 px = ${number(each, 2)}`;
}

/** The chart in words. */
export function summary(metric: string, found: Found[]): string {
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
