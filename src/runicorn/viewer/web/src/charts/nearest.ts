// Which line the pointer is on.
import { binAt } from "./bins";
import type { Curve } from "./draw";

const REACH = 14; // pixels

/** The number of the curve that is nearest to a height of the page, in pixels, at x; null where none is near. */
export function nearest(curves: Curve[], x: number, top: number, height: (value: number) => number): number | null {
  let [found, least]: [number | null, number] = [null, REACH];
  curves.forEach(({ cells }, number) => {
    const at = binAt(cells, x);
    const away = at < 0 ? NaN : Math.abs(height(cells.mean[at]) - top);
    if (away < least) [found, least] = [number, away];
  });
  return found;
}
