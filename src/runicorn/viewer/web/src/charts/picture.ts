// What one metric's chart shows.
import { DASHES, HUES } from "../runs/colours";
import { hovered, pointed } from "../runs/focus";
import { shown, slots } from "../runs/shown";
import { scheme } from "../state/theme";
import { part } from "../state/view";
import { metrics } from "./catalogue";
import { ofGroups, ofRuns, type Curves, type Found } from "./curves";
import { extentOfX, extentOfY, type Range } from "./extent";
import { areDrawn, grouped } from "./groups";
import { arrived, changed } from "./loader";
import type { Picture } from "./plot";
import type { Settings } from "./settings";

const group = part((view) => view.group);
const lines = part((view) => view.lines);

/** The lines of a metric, for a chart of `width` pixels. What came of it `before` is given where nothing is new. */
export function curves(metric: string, settings: Settings, width: number, before: Curves | null): Curves {
  void arrived.value;
  void changed.value;
  const rows = shown.value.filter((row) => metrics.value.get(metric)?.has(row.run));
  const found = areDrawn.value
    ? ofGroups(grouped(rows, group.value), lines.value, metric, settings, width, before)
    : ofRuns(rows, slots.value, metric, settings, width, before);
  return before && same(found, before) ? before : found;
}

function same(a: Curves, b: Curves): boolean {
  if (a.of !== b.of || a.missing !== b.missing || a.error !== b.error || a.found.length !== b.found.length) return false;
  const parts = ["id", "name", "slot", "cells", "ghost"] as const;
  return a.found.every((one, at) => parts.every((name) => one[name] === b.found[at][name]));
}

/** What the plot draws; null while nothing has come. */
export function pictured(found: Found[], { x, logX, range, log, full, band }: Settings): Picture | null {
  const all = found.map(({ cells }) => cells);
  const across: Range | null = range && (!logX || range[0] > 0) ? range : extentOfX(all, logX);
  if (!across || !all.some(({ n }) => n)) return null;
  const y = extentOfY([...all, ...found.flatMap(({ ghost }) => ghost ?? [])], across, log, !full);
  const alone = found.some(({ id }) => id === hovered.value) ? hovered.value : null;
  const lit = alone ?? pointed.value;
  const style = getComputedStyle(document.documentElement);
  void scheme.value;
  return {
    curves: found.map(({ id, slot, runs, cells, ghost }) => {
      const colour = style.getPropertyValue(`--run-${slot % HUES}`);
      const dash = DASHES[Math.floor(slot / HUES)];
      return { cells, ghost, colour, dash, faint: alone !== null && alone !== id, bold: lit === id && found.length > 1, several: runs > 1 };
    }),
    x: across[0] < across[1] ? across : logX ? [across[0] / 2, across[0] * 2] : [across[0] - 0.5, across[1] + 0.5],
    y: y ?? (log ? [0.1, 10] : [-1, 1]),
    axis: x,
    logX,
    log,
    band,
  };
}
