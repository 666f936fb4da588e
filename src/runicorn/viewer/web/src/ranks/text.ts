// From a rank at a step to what it wrote then.
import { batch } from "@preact/signals";
import { moveTo } from "../run/cursor";
import { id, told } from "../run/run";
import { goTo, runPage } from "../state/place";
import { setOwn } from "../state/view";

/** Opens the text of a rank at a step, where the cursor is put. */
export function openText(rank: number, step: number): void {
  const writers = (told.peek()?.writers ?? []).filter(({ role }) => !role);
  const several = new Set(writers.map(({ host }) => host)).size > 1;
  const host = several ? writers.find((one) => one.rank === rank)?.host : "";
  batch(() => {
    setOwn({ rank: String(rank), host: host ?? "", line: "" });
    moveTo(step);
  });
  goTo(runPage(id, "logs"));
}
