// One chart on a canvas: uPlot has axes, grid and the pointer; what is drawn between them is ours.
import uPlot from "uplot";
import { across, LINEAR, logarithms, widest } from "./axes";
import type { Places } from "./cursor";
import { draw, type Curve } from "./draw";
import type { Range } from "./extent";
import { between, listen, pan, type Gestures } from "./gestures";
import { nearest } from "./nearest";

/** What a chart shows. */
export interface Picture {
  curves: Curve[];
  x: Range;
  y: Range;
  axis: string; // as in View.x
  logX: boolean;
  log: boolean;
  band: boolean;
}

/** Where the pointer is; `curve`: the number of the one it is on, if it is on one. */
export interface Place {
  x: number;
  y: number;
  curve: number | null;
}

/** What a chart tells. */
export interface Events extends Gestures {
  moved: (at: Place | null) => void;
  reset: () => void;
  hidden: (values: number) => void; // that have no place on a log axis
}

/** Ticks of an axis: places and their labels. */
export type Ticks = [number, string][];

const FONT = "11px system-ui, sans-serif";
const DRAG = 4; // pixels, from which on a drag is none by accident

export class Plot {
  private readonly made: uPlot;
  private picture: Picture;
  private alone = false; // Alt was held when the drag began

  constructor(private readonly place: HTMLElement, picture: Picture, private readonly events: Events, width: number, height: number) {
    this.picture = picture;
    this.made = new uPlot(this.options(place, width, height), [[0, 1], [0, 1]], place);
    listen(this.made, this.told);
    this.made.over.addEventListener("mouseleave", () => this.events.moved(null));
  }

  /** Whether it can show this without being made anew. */
  fits({ log, logX, axis }: Picture): boolean {
    return log === this.picture.log && logX === this.picture.logX && axis === this.picture.axis;
  }

  show(picture: Picture): void {
    this.picture = picture;
    this.made.batch(() => {
      this.made.setScale("x", { min: picture.x[0], max: picture.x[1] });
      this.made.setScale("y", { min: picture.y[0], max: picture.y[1] });
      this.made.redraw(false, true);
    });
  }

  resize(width: number, height: number): void {
    if (width !== this.made.width || height !== this.made.height) this.made.setSize({ width, height });
  }

  /** The pixel of x from the left of what is inside the axes; null where it is outside. */
  left(x: number): number | null {
    const at = this.made.valToPos(x, "x");
    return at >= 0 && at <= this.made.over.clientWidth ? at : null;
  }

  get inside(): HTMLElement {
    return this.made.over;
  }

  /** Puts the lines of the cursor where it is; they are hidden where it is not, or outside. */
  mark(places: Places): void {
    const { offsetLeft, offsetTop, clientHeight } = this.made.over;
    this.place.querySelectorAll<HTMLElement>(".at-cursor").forEach((line, at) => {
      const left = places[at] === null ? null : this.left(places[at]);
      line.hidden = left === null;
      line.style.cssText = `top:${offsetTop}px;height:${clientHeight}px;transform:translateX(${Math.round(offsetLeft + left!)}px)`;
    });
  }

  /** The labelled ticks of both axes, as they are seen. */
  get ticks(): { x: Ticks; y: Ticks } {
    const [x, y] = (this.made.axes as { _splits?: (number | null)[]; _values?: string[] }[]).map(({ _splits, _values }) =>
      (_splits ?? []).flatMap((at, place): Ticks => (at !== null && _values?.[place] ? [[at, _values[place]]] : [])),
    );
    return { x, y };
  }

  destroy(): void {
    this.made.destroy();
  }

  private readonly told: Gestures = {
    clicked: (x, reach) => this.events.clicked(x, reach),
    zoomed: ([lo, hi], alone, moving) => {
      const whole: Range = this.picture.axis === "step" && !this.picture.logX ? [Math.floor(lo), Math.ceil(hi)] : [lo, hi];
      if (whole[0] < whole[1] && whole.every(Number.isFinite)) this.events.zoomed(whole, alone, moving);
    },
  };

  private options(place: HTMLElement, width: number, height: number): uPlot.Options {
    const { axis, log, logX } = this.picture;
    const style = getComputedStyle(place);
    const muted = () => style.getPropertyValue("--muted");
    const grid = { stroke: () => style.getPropertyValue("--grid"), width: 1 };
    const ticks = { ...grid, size: 4 };
    const range = (_: uPlot, min: number, max: number): uPlot.Range.MinMax => [min, max];
    const shared = { stroke: muted, font: FONT, grid, ticks };
    return {
      width,
      height,
      legend: { show: false },
      padding: [8, 16, 0, 0],
      scales: {
        x: { time: axis === "time", auto: false, distr: logX ? 3 : 1, range },
        y: { auto: false, distr: log ? 3 : 1, range },
      },
      series: [{}, { scale: "y", paths: () => null, points: { show: false } }],
      axes: [
        { ...shared, ...across(axis, logX), size: 24, gap: 3, space: axis === "time" ? 80 : 56 },
        { ...shared, ...(log ? logarithms("y") : LINEAR), size: widest, gap: 4, space: 28 },
      ],
      cursor: {
        x: false,
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: DRAG },
        bind: { dblclick: () => () => (this.events.reset(), null), mousedown: (made, _, handle) => (event) => this.pressed(made, event, handle) },
      },
      hooks: { draw: [(made) => this.paint(made, style)], setCursor: [() => this.point()], setSelect: [(made) => this.chosen(made)] },
    };
  }

  /** Shift moves what is drawn; else a part of x is chosen. */
  private pressed(made: uPlot, event: MouseEvent, handle: (event: MouseEvent) => null): null {
    this.alone = event.altKey;
    if (!event.shiftKey) return handle(event);
    if (event.button === 0) pan(made, event, this.told);
    return null;
  }

  private paint(made: uPlot, style: CSSStyleDeclaration): void {
    const { left, top, width, height } = made.bbox;
    const { curves, band, log, logX } = this.picture;
    const hidden = draw(made.ctx, curves, {
      left,
      top,
      width,
      height,
      ratio: devicePixelRatio,
      from: made.scales.x.min ?? NaN,
      to: made.scales.x.max ?? NaN,
      x: scale(made, "x", logX),
      y: scale(made, "y", log),
      logarithmic: log || logX,
      band,
      background: style.getPropertyValue("--panel"),
    });
    this.events.hidden(hidden);
  }

  private point(): void {
    const { left, top } = this.made.cursor;
    if (left === undefined || left < 0 || top === undefined) return this.events.moved(null);
    const x = this.made.posToVal(left, "x");
    const curve = nearest(this.picture.curves, x, top, (value) => this.made.valToPos(value, "y"));
    this.events.moved({ x, y: this.made.posToVal(top, "y"), curve });
  }

  private chosen(made: uPlot): void {
    const { left, width } = made.select;
    if (width < DRAG) return;
    const range = between(made, left, left + width);
    made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.told.zoomed(range, this.alone, false);
  }
}

/** The pixels of the canvas for the values of a scale; NaN for what has no place on a log one. */
function scale(made: uPlot, name: "x" | "y", log: boolean): (value: number) => number {
  if (log) return (value) => (value > 0 ? made.valToPos(value, name, true) : NaN);
  const { min = null, max = null } = made.scales[name];
  if (min === null || max === null) return () => NaN;
  const [from, to] = [made.valToPos(min, name, true), made.valToPos(max, name, true)];
  return (value) => from + ((value - min) / (max - min)) * (to - from);
}
