// How far a list is scrolled that is taller than a browser lets an element be.
//
// The element is as tall as may be. Near its ends a pixel of it is a pixel of the list, and in between it is more: so
// the scroll bar reaches all of the list, and its ends are reached exactly.

export const MOST = 8_000_000; // browsers allow 16 to 33 million
const ENDS = 500_000;

/** How tall the element is for a list so tall. */
export function heightOf(total: number): number {
  return Math.min(total, MOST);
}

/** How far the list is scrolled where the element is scrolled so far. `seen`: the height of what is seen of it. */
export function toList(scrolled: number, total: number, seen: number): number {
  return mapped(scrolled, heightOf(total) - seen, total - seen);
}

/** The other way round. */
export function toElement(top: number, total: number, seen: number): number {
  return mapped(top, total - seen, heightOf(total) - seen);
}

function mapped(place: number, from: number, to: number): number {
  if (from <= 0) return 0;
  if (from === to || place <= ENDS) return Math.max(0, Math.min(place, to));
  if (place >= from - ENDS) return Math.max(0, Math.min(to, to - (from - place)));
  return ENDS + ((place - ENDS) * (to - 2 * ENDS)) / (from - 2 * ENDS);
}

/** Where the list is after the element was scrolled from `before` to `now`: a short way is as long in the list, and a
 * long one is the scroll bar's. */
export function moved(top: number, before: number, now: number, total: number, seen: number): number {
  const exact = total <= MOST;
  if (exact || Math.abs(now - before) > 3 * seen) return toList(now, total, seen);
  return Math.max(0, Math.min(total - seen, top + now - before));
}
