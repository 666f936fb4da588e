// All that keys and the palette can do on the workspace, besides what charts can.
import { over, turnOver } from "./parts/overs";
import { foldFocused, move, moveTo, onlyFocused, openFocused, toggleFocused } from "./runs/focus";
import { turnDiffering } from "./runs/grouping";
import { markAll, marked, markFocused, unmark } from "./runs/marks";
import { foldAll } from "./runs/plan";
import { result } from "./runs/result";
import { nameView } from "./runs/views";
import type { Key } from "./state/keys";
import { change, view } from "./state/view";

export function turnPane(name: string): void {
  const { hidden } = view.peek();
  change({ hidden: hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name] });
}

function leave(): void {
  over.value = "";
  if (marked.peek().size) unmark();
  else change({ large: "" });
}

/** What is loaded when it is wanted first. */
const bulk = (does: (acts: typeof import("./runs/bulk")) => void) => () => void import("./runs/chosen").then(({ acts }) => does(acts));

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
  { section: "Runs", key: "x", does: "mark the run, or not", run: markFocused },
  { section: "Runs", key: "*", does: "mark all that are found", run: () => void markAll() },
  { section: "Runs", key: "Escape", does: "mark none, or back to all charts", run: leave },
  { section: "Marked runs, or this one", key: "t", does: "add a tag", run: bulk((does) => does.ask("tag")()) },
  { section: "Marked runs, or this one", key: "T", does: "take a tag away", run: bulk((does) => does.ask("untag")()) },
  { section: "Marked runs, or this one", key: "G", does: "put into a group", run: bulk((does) => does.ask("group")()) },
  { section: "Marked runs, or this one", key: "n", does: "give an alias", run: bulk((does) => does.ask("alias")()) },
  { section: "Marked runs, or this one", key: "V", does: "draw only these", run: bulk((does) => does.drawOnly()) },
  { section: "Marked runs, or this one", key: "c", does: "compare two: why they differ", run: bulk((does) => does.compare()) },
  { section: "Marked runs, or this one", key: "Delete", does: "put into the trash", run: bulk((does) => void does.trash()) },
  { section: "Runs", key: "e", does: "export as CSV (download)", run: bulk((does) => does.download()) },
  { section: "Runs", key: "ArrowLeft", does: "fold the group", run: () => foldFocused(true) },
  { section: "Runs", key: "ArrowRight", does: "unfold the group", run: () => foldFocused(false) },
  { section: "Runs", key: "F", does: "fold or unfold all groups", run: foldAll },
  { section: "Runs", key: "S", does: "save what is on the screen as a view", run: nameView },
  { section: "Runs", key: "D", does: "only columns that differ", run: turnDiffering },
  { section: "Runs", key: "C", does: "choose the columns", run: turnOver("columns") },
];
