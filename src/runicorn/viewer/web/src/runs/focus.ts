// The row of the table that keys are about.
import { signal } from "@preact/signals";
import { runPage } from "../state/place";
import { step } from "./layout";
import { isFolded, plan, turnFold } from "./plan";
import { result, row } from "./result";
import { only, toggle } from "./shown";

/** The id of the run that the pointer is on in the table: charts show it before the others. */
export const hovered = signal<string | null>(null);

/** The id of the run whose line the pointer is on in a chart. */
export const pointed = signal<string | null>(null);

let resting = 0;

/** The pointer is on a run, or on none; runs that it only passes have no say. */
export function hover(run: string | null): void {
  clearTimeout(resting);
  resting = window.setTimeout(() => (hovered.value = run), 60);
}

/** Its number; null before any was. */
export const focused = signal<number | null>(null);

/** Keys are about this row, and about nothing else: the table has the focus. */
export function moveTo(index: number): void {
  focused.value = Math.max(0, Math.min(result.peek().found - 1, index));
  document.querySelector<HTMLElement>(".table")?.focus({ preventScroll: true });
}

/** Goes so many lines on; those of folded groups are passed. */
export function move(by: number): void {
  if (focused.peek() === null) moveTo(0);
  else if (result.peek().found) moveTo(step(plan.peek(), focused.peek()!, by));
}

/** The id of its run. */
export function focusedRun(): string | undefined {
  return row(result.peek(), focused.peek() ?? 0)?.run;
}

export function toggleFocused(): void {
  const id = focusedRun();
  if (id) toggle(id);
}

export function onlyFocused(): void {
  const id = focusedRun();
  if (id) only(id);
}

export function openFocused(): void {
  const id = focusedRun();
  if (id) location.assign(runPage(id) + location.search);
}

/** Folds the group that the row is in, or unfolds it. */
export function foldFocused(fold: boolean): void {
  let first = 0;
  for (const group of result.peek().groups) {
    if ((focused.peek() ?? 0) < first + group.count) {
      if (isFolded(group) !== fold) turnFold(group);
      if (fold) moveTo(first);
      return;
    }
    first += group.count;
  }
}
