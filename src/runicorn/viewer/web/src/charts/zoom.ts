// Which part of x is drawn, in all charts or in one, and what it was before: z goes back, Z on again.
import type { Own } from "../state/own";
import { change, view } from "../state/view";
import { setOwnOf } from "./settings";

type Range = [number, number];

interface Zoom {
  range: Range | null;
  own: Record<string, Range>;
}

const PAUSE = 600; // milliseconds: moves that follow sooner are one
let past: Zoom[] = [];
let future: Zoom[] = [];
let last = -Infinity;

/** Draws this part of x; null: all. With `metric`: in its chart only. `moving`: one of many small changes. */
export function zoom(range: Range | null, metric = "", moving = false): void {
  const now = performance.now();
  if (!moving || now - last > PAUSE) past.push(current());
  last = moving ? now : -Infinity;
  future = [];
  if (metric) setOwnOf(metric, { range: range ?? undefined }, moving);
  else change({ range }, moving);
}

/** Draws all of x; in one chart that has a part of its own, as in all the others. */
export function reset(metric = ""): void {
  if (metric && view.peek().charts[metric]?.range) zoom(null, metric);
  else if (view.peek().range) zoom(null);
}

/** What was drawn before. */
export function back(): void {
  turn(past, future);
}

/** What was drawn before it was gone back. */
export function on(): void {
  turn(future, past);
}

/** Another x for all charts: parts of the one before mean nothing on it. */
export function turnAxis(x: string): void {
  past = [];
  future = [];
  const rest = Object.entries(view.peek().charts).map(([metric, { range: _, ...own }]): [string, Own] => [metric, own]);
  const charts = Object.fromEntries(rest.filter(([, own]) => Object.keys(own).length));
  change({ x, range: null, cursor: null, charts });
}

function turn(from: Zoom[], to: Zoom[]): void {
  const next = from.pop();
  if (!next) return;
  to.push(current());
  last = -Infinity;
  const { charts } = view.peek();
  const metrics = new Set([...Object.keys(charts), ...Object.keys(next.own)]);
  const changed = [...metrics].flatMap((metric): [string, Own][] => {
    const { range: _, ...rest } = charts[metric] ?? {};
    const own: Own = next.own[metric] ? { ...rest, range: next.own[metric] } : rest;
    return Object.keys(own).length ? [[metric, own]] : [];
  });
  change({ range: next.range, charts: Object.fromEntries(changed) });
}

function current(): Zoom {
  const { range, charts } = view.peek();
  const own = Object.entries(charts).flatMap(([metric, { range }]): [string, Range][] => (range ? [[metric, range]] : []));
  return { range, own: Object.fromEntries(own) };
}
