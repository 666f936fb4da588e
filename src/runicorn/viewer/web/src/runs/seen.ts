// The rows of the table that are on the screen, and those of them that still change.
import { computed, signal } from "@preact/signals";
import { part } from "../state/view";
import { columns } from "./geometry";
import { kindOf } from "./kinds";
import { result, row } from "./result";

/** Their numbers. */
export const onScreen = signal<number[]>([]);

const hidden = part((view) => view.hidden);

/** The ids of the runs that run and whose pictures are on the screen: what is new of them must be heard. */
export const running = computed(() => {
  if (hidden.value.includes("runs") || !columns.value.some((key) => kindOf(key).kind === "spark")) return [];
  return onScreen.value.flatMap((index) => {
    const found = row(result.value, index);
    return found?.status === "running" ? found.run : [];
  });
});
