// The cursor and the zoom of all charts, moved by keys. Loaded when the first of these is pressed.
import { change, view } from "../state/view";
import { shownNow } from "./current";
import { cursor } from "./cursor";
import { zoom } from "./zoom";

const STEPS = 100; // that the cursor takes from one end of a chart to the other

/** Moves the cursor and pins it; where there is none, it begins in the middle. */
export function moveCursor(by: number): void {
  const seen = inSight();
  if (!seen) return;
  const [lo, hi] = seen;
  const before = cursor.peek();
  const next = before === null ? (lo + hi) / 2 : before + (by * (hi - lo)) / STEPS;
  change({ cursor: view.peek().x === "step" ? whole(next, before, by) : next }, true);
}

/** The nearest step, but not the one before. */
function whole(next: number, before: number | null, by: number): number {
  const step = Math.round(next);
  return step === before ? step + by : step;
}

/** Draws `part` as much of x, about the cursor where that is in sight. */
export function zoomBy(part: number): void {
  const seen = inSight();
  if (!seen) return;
  const [lo, hi] = seen;
  const at = cursor.peek();
  const about = at !== null && at >= lo && at <= hi ? at : (lo + hi) / 2;
  const ends: [number, number] = [about - (about - lo) * part, about + (hi - about) * part];
  zoom(view.peek().x === "step" ? [Math.floor(ends[0]), Math.ceil(ends[1])] : ends);
}

/** Draws what lies on one side of the cursor: from it on, or (1) up to it. */
export function cut(end: 0 | 1): void {
  const [seen, at] = [inSight(), cursor.peek()];
  if (!seen || at === null) return;
  const [lo, hi] = end ? [seen[0], at] : [at, seen[1]];
  if (lo < hi) zoom([lo, hi]);
}

/** The part of x that charts show; null where none is there. */
function inSight(): [number, number] | null {
  return view.peek().range ?? shownNow()?.picture?.x ?? null;
}
