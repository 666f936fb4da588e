// The rows of the table that are on the screen, and those of them that still change.
import { computed, signal } from "@preact/signals";
import { part } from "../state/view";
import { columns } from "./geometry";
import { kindOf } from "./kinds";
import { result, row } from "./result";
import { resting } from "./resting";

/** Their numbers. */
export const onScreen = signal<number[]>([]);

const hidden = part((view) => view.hidden);

let last: string[] = [];

/** The ids of the runs that run and whose pictures are on the screen: what is new of them must be heard. */
export const running = computed(() => {
  const found = resting.value ? onScreen.value.map((index) => row(result.value, index)) : null;
  if (!found) return last;
  const drawn = !hidden.value.includes("runs") && columns.value.some((key) => kindOf(key).kind === "spark");
  const ids = drawn ? found.flatMap((one) => (one?.status === "running" ? one.run : [])) : [];
  return ids.join() === last.join() ? last : (last = ids);
});
