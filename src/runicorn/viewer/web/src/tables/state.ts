// What the address says of a table: names of columns in lists, "-" in front: the largest first.
import { computed, signal } from "@preact/signals";
import { join, split } from "../state/lists";
import { own, setOwn } from "../state/view";

const ordered = own("order");
const second = own("with");

/** Runs that a table may be compared with: ids and names. */
export const others = signal<[string, string][]>([]);

export const order = computed(() => split(ordered.value));

/** What a table is compared with: "step:100", "run:<id>", or nothing. */
export function compared(): { kind: string; what: string } {
  const [kind, ...rest] = second.value.split(":");
  return { kind, what: rest.join(":") };
}

/** Sorts by a column: the largest first, the smallest first, as logged; `more`: behind the columns that are there. */
export function sortBy(name: string, more: boolean): void {
  const before = order.peek();
  const next = before.includes(`-${name}`) ? [name] : before.includes(name) ? [] : [`-${name}`];
  const others = more ? before.filter((one) => one.replace(/^-/, "") !== name) : [];
  setOwn({ order: join([...others, ...next]) });
}
