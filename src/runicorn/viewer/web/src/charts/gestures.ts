// What the pointer does in a chart besides uPlot's own drag that chooses a part: pan, zoom by wheel, click.
import type uPlot from "uplot";
import type { Range } from "./extent";

export interface Gestures {
  /** This part of x is wanted; `alone`: in this chart only; `moving`: there is more to come. */
  zoomed: (range: Range, alone: boolean, moving: boolean) => void;
  /** `reach`: how far in x the pointer may be off what it is meant to be at. */
  clicked: (x: number, reach: number) => void;
}

const TWICE = 220; // milliseconds within which a second click makes a double click
const DRAG = 4; // pixels, from which on a drag is none by accident
const WHEEL = 0.0015; // how much further a pixel of the wheel zooms

/** Begins to listen. */
export function listen(made: uPlot, told: Gestures): void {
  const { over } = made;
  let from = 0;
  let click = 0;
  over.addEventListener("mousedown", (event) => (from = event.clientX));
  over.addEventListener("click", (event) => {
    clearTimeout(click); // the first click of two means nothing
    const x = made.posToVal(event.offsetX, "x");
    const reach = Math.abs(made.posToVal(event.offsetX + DRAG, "x") - x);
    const still = Math.abs(event.clientX - from) < DRAG;
    if (still && event.detail === 1) click = window.setTimeout(() => told.clicked(x, reach), TWICE);
  });
  over.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const [left, width] = [event.offsetX, over.clientWidth];
      const by = Math.exp(event.deltaY * WHEEL);
      told.zoomed(between(made, left - left * by, left + (width - left) * by), event.altKey, true);
    },
    { passive: false },
  );
}

/** Moves what is drawn with the pointer, until its button is let go. */
export function pan(made: uPlot, event: MouseEvent, told: Gestures): void {
  const { min = 0, max = 1 } = made.scales.x;
  const width = made.over.clientWidth;
  const place = (pixel: number) => made.posToVal(pixel, "x");
  const [lo, hi] = [place(0), place(width)];
  const log = made.scales.x.distr === 3;
  const move = ({ clientX }: MouseEvent) => {
    const by = (event.clientX - clientX) / width;
    if (log) told.zoomed([lo * (hi / lo) ** by, hi * (hi / lo) ** by], event.altKey, true);
    else told.zoomed([min + by * (max - min), max + by * (max - min)], event.altKey, true);
  };
  addEventListener("mousemove", move);
  addEventListener("mouseup", () => removeEventListener("mousemove", move), { once: true });
}

/** The part of x between two pixels. */
export function between(made: uPlot, left: number, right: number): Range {
  return [made.posToVal(left, "x"), made.posToVal(right, "x")];
}
