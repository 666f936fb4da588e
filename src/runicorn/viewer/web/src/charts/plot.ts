// One chart on a canvas: uPlot has axes, grid and the pointer; what is drawn between them is ours.
import uPlot from "uplot";
import { duration, number, tick } from "../parts/format";
import { draw, type Curve } from "./draw";
import type { Range } from "./extent";
import { labelled, linear, logarithmic } from "./ticks";

/** What a chart shows. */
export interface Picture {
  curves: Curve[];
  x: Range;
  y: Range;
  axis: string; // as in View.x
  log: boolean;
  band: boolean;
}

/** What a chart tells. */
export interface Events {
  moved: (at: { x: number; y: number } | null) => void;
  zoomed: (range: Range) => void;
  reset: () => void;
  clicked: (x: number) => void;
  hidden: (values: number) => void; // that have no place on a log axis
}

const FONT = "11px system-ui, sans-serif";
const TWICE = 220; // milliseconds within which a second click makes a double click
const DRAG = 4; // pixels, from which on a drag is none by accident

export class Plot {
  private readonly made: uPlot;
  private picture: Picture;

  constructor(place: HTMLElement, picture: Picture, private readonly events: Events, width: number, height: number) {
    this.picture = picture;
    this.made = new uPlot(this.options(place, width, height), [[0, 1], [0, 1]], place);
    this.listen();
  }

  /** Whether it can show this without being made anew. */
  fits(picture: Picture): boolean {
    return picture.log === this.picture.log && (picture.axis === this.picture.axis);
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

  /** The pixel of y from the top. */
  top(y: number): number {
    return this.made.valToPos(y, "y");
  }

  get inside(): HTMLElement {
    return this.made.over;
  }

  destroy(): void {
    this.made.destroy();
  }

  private listen(): void {
    const { over } = this.made;
    let from = 0;
    let click = 0;
    over.addEventListener("mousedown", (event) => (from = event.clientX));
    over.addEventListener("click", (event) => {
      clearTimeout(click); // the first click of two means nothing
      const x = this.made.posToVal(event.offsetX, "x");
      const still = Math.abs(event.clientX - from) < DRAG;
      if (still && event.detail === 1) click = window.setTimeout(() => this.events.clicked(x), TWICE);
    });
    over.addEventListener("mouseleave", () => this.events.moved(null));
  }

  private options(place: HTMLElement, width: number, height: number): uPlot.Options {
    const { axis, log } = this.picture;
    const style = getComputedStyle(place);
    const muted = () => style.getPropertyValue("--muted");
    const grid = { stroke: () => style.getPropertyValue("--grid"), width: 1 };
    const ticks = { ...grid, size: 4 };
    const range = (_: uPlot, min: number, max: number): uPlot.Range.MinMax => [min, max];
    const shared = { stroke: muted, font: FONT, grid, ticks };
    const across = { time: {}, relative: PASSED, step: WHOLE }[axis] ?? LINEAR;
    return {
      width,
      height,
      legend: { show: false },
      padding: [8, 16, 0, 0],
      scales: {
        x: { time: axis === "time", auto: false, range },
        y: { auto: false, distr: log ? 3 : 1, range },
      },
      series: [{}, { scale: "y", paths: () => null, points: { show: false } }],
      axes: [
        { ...shared, ...across, size: 24, gap: 3, space: 56 },
        { ...shared, ...(log ? LOGARITHMIC : LINEAR), size: widest, gap: 4, space: 28 },
      ],
      cursor: {
        x: false,
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: DRAG },
        bind: { dblclick: () => () => (this.events.reset(), null) },
      },
      hooks: { draw: [(made) => this.paint(made, style)], setCursor: [() => this.point()], setSelect: [(made) => this.zoom(made)] },
    };
  }

  private paint(made: uPlot, style: CSSStyleDeclaration): void {
    const { left, top, width, height } = made.bbox;
    const { curves, band, log } = this.picture;
    const hidden = draw(made.ctx, curves, {
      left,
      top,
      width,
      height,
      ratio: devicePixelRatio,
      x: (value) => made.valToPos(value, "x", true),
      y: (value) => (log && value <= 0 ? NaN : made.valToPos(value, "y", true)),
      band,
      background: style.getPropertyValue("--panel"),
    });
    this.events.hidden(hidden);
  }

  private point(): void {
    const { left, top } = this.made.cursor;
    if (left === undefined || left < 0 || top === undefined) this.events.moved(null);
    else this.events.moved({ x: this.made.posToVal(left, "x"), y: this.made.posToVal(top, "y") });
  }

  private zoom(made: uPlot): void {
    const { left, width } = made.select;
    if (width < DRAG) return;
    const range: Range = [made.posToVal(left, "x"), made.posToVal(left + width, "x")];
    made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.zoomed(this.picture.axis === "step" ? [Math.floor(range[0]), Math.ceil(range[1])] : range);
  }
}

/** Seconds that ticks of passed time may be apart. */
const SPANS = [
  ...[1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86400),
];

function labels(splits: (number | null)[]): string[] {
  const there = splits.filter((one): one is number => one !== null);
  const gaps = there.slice(1).map((one, at) => Math.abs(one - there[at]));
  const apart = gaps.length ? Math.min(...gaps) : Math.abs(there[0] ?? 1) || 1;
  return splits.map((one) => (one === null ? "" : tick(one, apart)));
}

const LINEAR: Pick<uPlot.Axis, "values" | "splits"> = {
  values: (_, splits) => labels(splits),
  splits: (_made, _axis, lo, hi, apart) => linear(lo, hi, apart),
};
const WHOLE: typeof LINEAR = {
  ...LINEAR,
  splits: (_made, _axis, lo, hi, apart) => linear(lo, hi, Math.max(1, apart)),
};
const LOGARITHMIC: Pick<uPlot.Axis, "values" | "splits" | "filter"> = {
  values: (_, splits) => splits.map((one) => (one === null ? "" : number(one, 2))),
  splits: (_made, _axis, lo, hi) => logarithmic(lo, hi),
  filter: (made, splits) => labelled(splits, made.scales.y.min!, made.scales.y.max!),
};
const PASSED: Pick<uPlot.Axis, "values" | "splits" | "incrs"> = {
  ...LINEAR,
  values: (_, splits) => splits.map(duration),
  incrs: SPANS,
};

/** As wide as the longest label. */
function widest(_: uPlot, values: string[]): number {
  const longest = (values ?? []).reduce((most, text) => Math.max(most, text?.length ?? 0), 0);
  return Math.max(28, 12 + longest * 6.3);
}
