// All that keys and the palette can do on the workspace.
import { signal } from "@preact/signals";
import { following } from "./charts/smoothing";
import { cursor } from "./charts/cursor";
import { move, moveTo, onlyFocused, openFocused, toggleFocused } from "./runs/focus";
import { result } from "./runs/result";
import type { Key } from "./state/keys";
import { turn as turnTheme } from "./state/theme";
import { change, view } from "./state/view";

/** What lies over the page: "help", "columns", "palette" or nothing. */
export const over = signal<string>("");

const AXES = ["step", "time", "relative"];

function turnOver(name: string): () => void {
  return () => (over.value = over.peek() === name ? "" : name);
}

export function turnPane(name: string): void {
  const { hidden } = view.peek();
  change({ hidden: hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name] });
}

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

function focusOn(id: string): () => void {
  return () => document.getElementById(id)?.focus();
}

export const KEYS: Key[] = [
  { section: "Page", key: "?", does: "these keys", run: turnOver("help") },
  { section: "Page", key: "Ctrl+k", does: "find runs, metrics and actions", run: turnOver("palette") },
  { section: "Page", key: "/", does: "type a filter", run: focusOn("filter") },
  { section: "Page", key: "[", does: "hide or show the paths", run: () => turnPane("tree") },
  { section: "Page", key: "]", does: "hide or show the charts", run: () => turnPane("charts") },
  { section: "Page", key: "\\", does: "hide or show the table", run: () => turnPane("runs") },
  { section: "Page", key: "d", does: "dark or light", run: turnTheme },
  { section: "Page", key: "Escape", does: "close what lies over the page", run: () => (over.value = "") },
  { section: "Runs", key: "j", does: "next run", run: () => move(1) },
  { section: "Runs", key: "k", does: "previous run", run: () => move(-1) },
  { section: "Runs", key: "ArrowDown", does: "next run", run: () => move(1) },
  { section: "Runs", key: "ArrowUp", does: "previous run", run: () => move(-1) },
  { section: "Runs", key: "PageDown", does: "20 runs on", run: () => move(20) },
  { section: "Runs", key: "PageUp", does: "20 runs back", run: () => move(-20) },
  { section: "Runs", key: "Home", does: "first run", run: () => moveTo(0) },
  { section: "Runs", key: "End", does: "last run", run: () => moveTo(result.peek().found - 1) },
  { section: "Runs", key: " ", does: "draw the run, or not", run: toggleFocused },
  { section: "Runs", key: "h", does: "draw this run alone, or the first ten again", run: onlyFocused },
  { section: "Runs", key: "Enter", does: "open the run", run: openFocused },
  { section: "Runs", key: "C", does: "choose the columns", run: turnOver("columns") },
  { section: "Charts", key: "f", does: "find metrics", run: focusOn("find") },
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
