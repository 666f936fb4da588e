// From a rank at a step to what it wrote then, or, of a run without text, to the chart of that metric then.
import { batch, computed } from "@preact/signals";
import { moveTo } from "../run/cursor";
import { mayHold } from "../run/holds";
import { id, told } from "../run/run";
import { goTo, runPage } from "../state/place";
import { change, setOwn } from "../state/view";
import { answer } from "./data";

const hasText = computed(() => told.value !== null && mayHold(told.value, "logs"));
/** What is opened, in words. */
export const opened = computed(() => (hasText.value ? "what that rank wrote then" : "its chart at that step"));

/** Opens the text of a rank at a step, or the chart of what is looked at, where the cursor is put. */
export function openAt(rank: number, step: number): void {
  batch(() => {
    if (hasText.peek()) setOwn({ rank: String(rank), host: hostOf(rank), line: "" });
    else change({ large: answer.peek()!.asked }, true);
    moveTo(step);
  });
  goTo(runPage(id, hasText.peek() ? "logs" : "charts"));
}

/** The host of a rank, where it takes that to find it. */
function hostOf(rank: number): string {
  const writers = (told.peek()?.writers ?? []).filter(({ role }) => !role);
  const several = new Set(writers.map(({ host }) => host)).size > 1;
  return (several && writers.find((one) => one.rank === rank)?.host) || "";
}
