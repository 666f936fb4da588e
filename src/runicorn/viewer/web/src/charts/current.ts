// The chart that keys are about, and what each chart that is there shows.
import { signal } from "@preact/signals";
import type { Found } from "./curves";
import { usualHeight } from "./grid";
import type { Picture, Plot, Ticks } from "./plot";

/** What is on the screen of one metric. */
export interface Shown {
  metric: string;
  found: Found[];
  picture: Picture | null; // null: nothing, or single values
  ticks: { x: Ticks; y: Ticks };
  width: number;
  height: number;
}

/** The metric whose chart has the pointer or the focus, or had it last. */
export const current = signal("");
/** What a page draws below its charts, such as when something happened: in the element of a plot, on its axis. */
export const below = signal<((plot: Plot, place: HTMLElement, axis: string) => void) | null>(null);
/** How high charts are where the address does not say it. */
export const usual = signal(usualHeight(0));
/** What asks each chart, by its metric. */
export const charts = new Map<string, () => Shown>();
/** Where the menu of the current chart opens: pixels of the page. */
export const menuAt = signal({ left: 0, top: 0 });

/** What the current chart shows, or the first one that is there. */
export function shownNow(): Shown | null {
  const ask = charts.get(current.peek()) ?? charts.values().next().value;
  return ask?.() ?? null;
}
