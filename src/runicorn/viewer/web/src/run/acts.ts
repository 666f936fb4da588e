// All that keys can do with the run of the page.
import { beginEdit } from "../parts/editable";
import { turnOver } from "../parts/overs";
import { complain } from "../parts/toast";
import { OF_TABLE } from "../runs/keys";
import { edit, type Changes } from "../state/edits";
import type { Key } from "../state/keys";
import { place, runPage } from "../state/place";
import { encode } from "../state/url";
import { view } from "../state/view";
import { among } from "./neighbours";
import { id, told } from "./run";

/** Parts of tabs' views that a run which has no such thing is shown with, too. */
const OF_ANY_RUN = ["as", "best", "groups", "has", "metric", "per", "see", "table", "types", "where"];

/** Changes what is said of the run. */
export function change(changes: Changes, text: string): Promise<boolean> {
  return edit([{ run: id, changes }], text);
}

/** Into the trash. */
export function trash(): void {
  if (told.peek()?.meta.trashed_at) complain("It is in the trash already; “restore” takes it out.");
  else void change({ trashed_at: Date.now() / 1000 }, "It is in the trash.");
}

/** Out of it. */
export function restore(): void {
  void change({ trashed_at: null }, "It is out of the trash.");
}

/** What the address says of the workspace, which the run was opened from; the cursor's step is one of this run. */
export function workspace(): string {
  return `/${search(OF_TABLE, null)}`;
}

/** The same tab of a run that stands beside it in the table, at the same step, with what was chosen of its kind. */
export function beside(run: string): string {
  const { cursor, x } = view.value;
  return runPage(run, place.value.rest[1]) + search([...OF_TABLE, ...OF_ANY_RUN], x === "time" ? null : cursor);
}

/** What the address says behind "?": what the view is, and of its own parts those with these names. */
function search(names: string[], cursor: number | null): string {
  const { own } = view.value;
  const text = encode({ ...view.value, cursor, own: Object.fromEntries(names.map((name) => [name, own[name] ?? ""])) });
  return text && `?${text}`;
}

function go(which: "previous" | "next"): void {
  const run = among.peek()?.[which];
  if (run) location.assign(beside(run));
}

export const RUN_KEYS: Key[] = [
  { section: "Run", key: "[", does: "previous run of the table", run: () => go("previous") },
  { section: "Run", key: "]", does: "next run of the table", run: () => go("next") },
  { section: "Run", key: "u", does: "up to the table", run: () => location.assign(workspace()) },
  { section: "Run", key: "A", does: "edit the alias", run: () => beginEdit("alias") },
  { section: "Run", key: "#", does: "add a tag", run: () => beginEdit("tag") },
  { section: "Run", key: "W", does: "edit the notes", run: () => beginEdit("notes") },
  { section: "Run", key: "G", does: "edit the group", run: () => beginEdit("group") },
  { section: "Run", key: "c", does: "copy id, folder, address or Python", run: turnOver("copy") },
  { section: "Run", key: "E", does: "export it as one HTML file (download)", run: () => document.getElementById("file")?.click() },
  { section: "Run", key: "Delete", does: "move to the trash", run: trash },
];
