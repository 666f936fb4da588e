// All that keys and the palette can do with charts.
import type { Key } from "../state/keys";
import { change, view } from "../state/view";
import { cursor } from "./cursor";
import { following } from "./smoothing";

const AXES = ["step", "time", "relative"];

function nextAxis(): void {
  const { x } = view.peek();
  change({ x: AXES[(AXES.indexOf(x) + 1) % AXES.length], range: null, cursor: null });
}

function moveCursor(by: number): void {
  const { range } = view.peek();
  const step = range ? Math.max(1, Math.round((range[1] - range[0]) / 100)) : 1;
  if (cursor.peek() !== null) change({ cursor: cursor.peek()! + by * step }, true);
}

function across(number: number): void {
  change({ across: view.peek().across === number ? 0 : number });
}

export const CHART_KEYS: Key[] = [
  { section: "Charts", key: "f", does: "find metrics", run: () => document.getElementById("find")?.focus() },
  { section: "Charts", key: "a", does: "x axis: step, time, time since the start", run: nextAxis },
  { section: "Charts", key: "m", does: "one line for each group, or for each run", run: () => change({ lines: view.peek().lines ? "" : "mean:range" }) },
  { section: "Charts", key: "s", does: "next kind of smoothing", run: () => change({ smooth: following(view.peek().smooth) }) },
  { section: "Charts", key: "g", does: "logarithmic y", run: () => change({ log: !view.peek().log }) },
  { section: "Charts", key: "o", does: "crop rare outliers, or not", run: () => change({ full: !view.peek().full }) },
  { section: "Charts", key: "b", does: "bands", run: () => change({ band: !view.peek().band }) },
  { section: "Charts", key: "0", does: "all of x", run: () => change({ range: null }) },
  { section: "Charts", key: "z", does: "back to what was before (the browser's way back)", run: () => history.back() },
  { section: "Charts", key: ",", does: "cursor to the left", run: () => moveCursor(-1) },
  { section: "Charts", key: ".", does: "cursor to the right", run: () => moveCursor(1) },
  ...[1, 2, 3, 4, 5, 6].map((number) => ({
    section: "Charts",
    key: String(number),
    does: `${number} side by side, or as many as have room`,
    run: () => across(number),
  })),
];
