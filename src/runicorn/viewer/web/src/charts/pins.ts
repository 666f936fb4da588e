// Charts that are pinned to the top, in an order of their own.
import { change, view } from "../state/view";

/** Pins a metric's chart, or no more. */
export function turn(metric: string): void {
  const { pins } = view.peek();
  change({ pins: pins.includes(metric) ? pins.filter((one) => one !== metric) : [...pins, metric] });
}

/** The pins with one of them where another is, which makes room. */
export function between(pins: string[], moved: string, place: string): string[] {
  const to = pins.indexOf(place);
  if (!pins.includes(moved) || to < 0) return pins;
  return pins.filter((one) => one !== moved).toSpliced(to, 0, moved);
}
