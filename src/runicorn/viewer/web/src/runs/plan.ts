// The lines of the table as they stand now, and which of its groups are folded.
import { computed } from "@preact/signals";
import { value } from "../parts/format";
import { join, split } from "../state/lists";
import { own, setOwn } from "../state/view";
import { layout, type Group } from "./layout";
import { result } from "./result";

/** "all" and those that are open, or those that are folded. */
const said = own("fold");
const folds = computed(() => {
  const [first = "", ...others] = split(said.value);
  const all = first === "*";
  return { all, names: all ? others : first ? [first, ...others] : [] };
});

/** A group's name, as it stands in its head. */
export function nameOf(group: Group): string {
  return value(group.value) || "none";
}

export function isFolded(group: Group): boolean {
  return folds.value.all !== folds.value.names.includes(nameOf(group));
}

export const plan = computed(() => layout(result.value.found, result.value.groups, isFolded));

/** Folds a group, or unfolds it. */
export function turnFold(group: Group): void {
  const { all, names } = folds.peek();
  const name = nameOf(group);
  const now = names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
  setOwn({ fold: join([...(all ? ["*"] : []), ...now]) });
}

/** Folds all groups, or unfolds all. */
export function foldAll(): void {
  setOwn({ fold: folds.peek().all ? "" : "*" });
}
