// All that keys and the palette can do with charts.
import { over, turnOver } from "../parts/overs";
import type { Key } from "../state/keys";
import { change, turn, view } from "../state/view";
import { turnCells } from "./cells";
import { charts, current, usual } from "./current";
import { turn as turnPin } from "./pins";
import { following } from "./smoothing";
import { openMenu } from "./title";
import { back, on, reset, turnAxis } from "./zoom";

const AXES = ["step", "time", "relative"];
const TALLER = 1.25;

function nextAxis(): void {
  turnAxis(AXES[(AXES.indexOf(view.peek().x) + 1) % AXES.length]);
}

const byKey = (does: (moves: typeof import("./by-key")) => void) => () => void import("./by-key").then(does);

function across(number: number): void {
  change({ across: view.peek().across === number ? 0 : number });
}

function taller(by: number): void {
  const height = Math.round((view.peek().height || usual.peek()) * by);
  change({ height: Math.abs(height - usual.peek()) < 8 ? 0 : Math.max(120, Math.min(1200, height)) });
}

/** What is to be done with the metric of the current chart, if that is there. */
function here(does: (metric: string) => void): () => void {
  return () => {
    const metric = charts.has(current.peek()) ? current.peek() : charts.keys().next().value;
    if (metric === undefined) return;
    current.value = metric;
    does(metric);
  };
}

/** What a chart that has the focus does with a key that means something else on the page. */
export function pressed(metric: string, key: string): boolean {
  if (key === "Enter") change({ large: metric });
  else if (key === "t") over.value = "points";
  else if (key === "e") menuOf(metric);
  else return false;
  return true;
}

function menuOf(metric: string): void {
  const panel = [...document.querySelectorAll<HTMLElement>(".panel")].find((one) => one.dataset.metric === metric);
  const { right = 0, top = 0 } = panel?.getBoundingClientRect() ?? {};
  openMenu(metric, right, top);
}

function key(key: string, does: string, run: () => void): Key {
  return { section: "Charts", key, does, run };
}

export const CHART_KEYS: Key[] = [
  key("f", "find metrics", () => document.getElementById("find")?.focus()),
  key("a", "x axis: step, time, time since the start", nextAxis),
  key("X", "logarithmic x", () => turn("logX")),
  key("m", "one line for each group, or for each run", () => change({ lines: view.peek().lines ? "" : "mean:range" })),
  key("s", "next kind of smoothing", () => change({ smooth: following(view.peek().smooth) })),
  key("g", "logarithmic y", () => turn("log")),
  key("o", "crop rare outliers, or not", () => turn("full")),
  key("b", "bands", () => turn("band")),
  key("0", "all of x", () => reset(current.peek())),
  key("z", "the zoom before", back),
  key("Z", "the next zoom again", on),
  key(",", "cursor to the left", byKey(({ moveCursor }) => moveCursor(-1))),
  key(".", "cursor to the right", byKey(({ moveCursor }) => moveCursor(1))),
  key("<", "half of x, about the cursor", byKey(({ zoomBy }) => zoomBy(0.5))),
  key(">", "twice as much of x", byKey(({ zoomBy }) => zoomBy(2))),
  key("(", "from the cursor on", byKey(({ cut }) => cut(0))),
  key(")", "up to the cursor", byKey(({ cut }) => cut(1))),
  key("v", "strips: greatest values or means", turnCells),
  key("+", "higher charts", () => taller(TALLER)),
  key("-", "lower charts", () => taller(1 / TALLER)),
  key("l", "this chart alone, as large as there is room", here((metric) => change({ large: view.peek().large ? "" : metric }))),
  key("i", "this chart as a table (in it: t)", here(turnOver("points"))),
  key("M", "menu of this chart (in it: e)", here(menuOf)),
  key("p", "pin this chart, or no more", here(turnPin)),
  key("Escape", "back to all charts", () => ((over.value = ""), change({ large: "" }))),
  ...[1, 2, 3, 4, 5, 6].map((number) => key(String(number), `${number} side by side, or as many as have room`, () => across(number))),
];
