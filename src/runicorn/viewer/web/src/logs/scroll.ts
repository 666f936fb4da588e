// Where the list is scrolled to. Its element is scrolled by the browser, or by what is asked for here.
import { computed, signal } from "@preact/signals";
import { shape } from "./rows";
import { moved, toElement } from "./scale";

export const HEIGHT = 18; // of a row that is not wrapped
const SETTLED = 150; // milliseconds without a move

/** How far the list is scrolled, in pixels of rows. */
export const top = signal(0);
/** How much of it is seen. */
export const seen = signal(0);
export const total = computed(() => Math.max(0, shape.value.rows) * HEIGHT);

let element: HTMLElement | null = null;
let before = 0;
let waiting = 0;

export function attach(to: HTMLElement | null): void {
  element = to;
}

/** The browser has scrolled the element; gives how far the list went. */
export function scrolled(): number {
  const now = element!.scrollTop;
  if (now === before) return 0;
  const was = top.peek();
  top.value = moved(was, before, now, total.peek(), seen.peek());
  before = now;
  clearTimeout(waiting);
  waiting = window.setTimeout(settle, SETTLED); // short moves in a long list leave the scroll bar behind
  return top.peek() - was;
}

/** Puts the scroll bar where the list is. */
export function settle(): void {
  if (!element) return;
  element.scrollTop = toElement(top.peek(), total.peek(), seen.peek());
  before = element.scrollTop;
}

export function scrollTo(place: number): void {
  top.value = Math.max(0, Math.min(total.peek() - seen.peek(), place));
  settle();
}

export function atEnd(): boolean {
  return top.peek() >= total.peek() - seen.peek() - 2;
}

/** Scrolls to a row where it is not seen: it is in the middle then. */
export function reveal(row: number): void {
  const place = row * HEIGHT;
  if (place < top.peek() + HEIGHT || place > top.peek() + seen.peek() - 2 * HEIGHT) scrollTo(place - seen.peek() / 2);
}
