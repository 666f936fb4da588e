// The cursor and the zoom of all charts, moved by keys. Loaded when the first of these is pressed.
import { change, view } from "../state/view";
import { ahead } from "./ahead";
import { charts, current, type Shown } from "./current";
import { cursor } from "./cursor";
import { zoom } from "./zoom";

const STEPS = 100; // that the cursor takes from one end of a chart to the other

/** Moves the cursor to a point of any chart and pins it; where there is none, it begins in the middle. */
export function moveCursor(by: number): void {
  const seen = inSight();
  if (!seen) return;
  const [lo, hi] = seen;
  const before = cursor.peek();
  const wanted = before === null ? (lo + hi) / 2 : before + (by * (hi - lo)) / STEPS;
  const next = ahead(wanted, by, before, drawn().flatMap(({ found }) => found.map(({ cells }) => cells)));
  if (next !== null) change({ cursor: next }, true);
}

/** Draws `part` as much of x, about the cursor where that is in sight. */
export function zoomBy(part: number): void {
  const seen = inSight();
  if (!seen || (part > 1 && !view.peek().range)) return; // all of it is drawn
  const [lo, hi] = seen;
  const at = cursor.peek();
  const about = at !== null && at >= lo && at <= hi ? at : (lo + hi) / 2;
  const ends: [number, number] = [about - (about - lo) * part, about + (hi - about) * part];
  zoom(view.peek().x === "step" ? [Math.max(Math.min(0, lo), Math.floor(ends[0])), Math.ceil(ends[1])] : ends);
}

/** Draws what lies on one side of the cursor: from it on, or (1) up to it. */
export function cut(end: 0 | 1): void {
  const [seen, at] = [inSight(), cursor.peek()];
  if (!seen || at === null) return;
  const [lo, hi] = end ? [seen[0], at] : [at, seen[1]];
  if (lo < hi) zoom([lo, hi]);
}

/** The part of x that charts show: the current one, or else the first that has lines; null where none is there. */
function inSight(): [number, number] | null {
  return view.peek().range ?? drawn()[0]?.picture?.x ?? null;
}

/** The charts that have lines, the current one first. */
function drawn(): Shown[] {
  const asked = [charts.get(current.peek()), ...charts.values()].flatMap((ask) => ask?.() ?? []);
  return asked.filter(({ picture }) => picture);
}
