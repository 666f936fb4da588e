// All that keys and the palette can do on the workspace, besides what charts can.
import { turnOver } from "./parts/overs";
import { move, moveTo, onlyFocused, openFocused, toggleFocused } from "./runs/focus";
import { result } from "./runs/result";
import type { Key } from "./state/keys";
import { change, view } from "./state/view";

export function turnPane(name: string): void {
  const { hidden } = view.peek();
  change({ hidden: hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name] });
}

export const KEYS: Key[] = [
  { section: "Page", key: "/", does: "type a filter", run: () => document.getElementById("filter")?.focus() },
  { section: "Page", key: "[", does: "hide or show the paths", run: () => turnPane("tree") },
  { section: "Page", key: "]", does: "hide or show the charts", run: () => turnPane("charts") },
  { section: "Page", key: "\\", does: "hide or show the table", run: () => turnPane("runs") },
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
];
