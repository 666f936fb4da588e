// What the sections of a difference have in common.
import { computed } from "@preact/signals";
import { own } from "../state/view";

/** Names of the environment that tell of the machine. */
export const HARDWARE = /^(gpu|cpu|memory|host|hostname|device|machine|world_size|scheduler|container)/;

const all = own("all");
const find = own("find-row");

/** Which rows are shown: those that differ, unless all are wanted, with the words in their names. */
export const wanted = computed(() => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ name, same }: { name: string; same: boolean }) =>
    (all.value || !same) && words.every((word) => name.toLowerCase().includes(word));
});

/** Which of the two lacks something, as a sentence begins that goes on with what; "": none does. */
export function without(a: boolean, b: boolean): string {
  if (a && b) return "";
  return a || b ? `${a ? "B" : "A"} has no` : "Neither has";
}
