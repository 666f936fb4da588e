// The columns of the table besides the run's name: those the view names, or else what most runs have.
import { computed, signal } from "@preact/signals";
import { get, type ColumnsAnswer } from "../server/api";
import { join, split } from "../state/lists";
import { settings } from "../state/settings";
import { change, own, part, setOwn, view } from "../state/view";
import { isValue, keyOf, valueOf } from "./kinds";

/** What the address says of the table besides `View`: a run's page leads back to the same. */
export const OF_TABLE = ["root", "stick", "w", "agg", "fold", "differ", "split"];

/** Those that runs usually have, as the last answer has told. */
export const usual = signal<string[]>([]);

const NONE: ColumnsAnswer = { config: {}, summary: {}, metric: {}, primary: {}, field: {} };

/** The keys that there are, with the number of runs that have each; null before they were asked for. */
export const available = signal<ColumnsAnswer | null>(null);

const WHICH = ["last", "best", "max", "min"];

const chosen = part(({ columns }) => columns);
const stuck = own("stick");
const wide = own("w");

/** The keys of the columns, in order. */
export const keys = computed(() => {
  const found = chosen.value ?? usual.value;
  return found.includes("status") ? found : ["status", ...found];
});
/** Those that are always seen. */
export const pinned = computed(() => split(stuck.value));
/** How wide those are that were made wider or narrower. */
export const widths = computed(() => {
  const said = split(wide.value).map((text) => [text.slice(0, text.lastIndexOf(":")), Number(text.slice(text.lastIndexOf(":") + 1))]);
  return new Map(said.filter((one): one is [string, number] => Number(one[1]) > 0));
});
/** Those that the server has values of. */
export const fetched = computed(() => keys.value.filter((key) => isValue(key) || isBest(key)));
/** What the server is asked for: those that were chosen, or so many of the usual ones. */
export const columnsAsked = computed(() => ({
  cols: chosen.value ? fetched.value : [],
  usual: chosen.value ? undefined : settings.value.columns,
}));

/** Asks for the keys that there are. */
export async function learn(): Promise<void> {
  available.value = await get<ColumnsAnswer>("columns").catch(() => available.peek() ?? NONE);
}

/** Has these columns, in this order; the status stands first, unless it was put elsewhere. */
export function choose(columns: string[]): void {
  change({ columns: columns[0] === "status" ? columns.slice(1) : columns });
}

/** Whether a column shows the best of a metric that runs are measured by. */
export function isBest(key: string): boolean {
  const found = valueOf(key);
  return found?.which === "best" && found.metric in (available.value?.primary ?? {});
}

/** The key with the next value of the same metric that is in no column yet. */
export function following(key: string): string {
  const { metric, which } = valueOf(key)!;
  const others = [...WHICH, ...WHICH].slice(WHICH.indexOf(which) + 1).map((one) => keyOf(metric, one));
  return others.find((one) => !keys.value.includes(one) && (one.startsWith("metric.") || isBest(one))) ?? key;
}

/** Puts another column where this one is, in the order of the rows, too. */
export function exchange(key: string, other: string): void {
  const swap = (all: string[]) => all.map((one) => (one === key ? other : one === `-${key}` ? `-${other}` : one));
  setOwn({ stick: join(swap(pinned.peek())) }, true);
  change({ sort: swap(view.peek().sort) }, true);
  choose(swap(keys.peek()));
}

/** Takes a column away, or puts it behind the others. */
export function turn(key: string): void {
  choose(keys.peek().includes(key) ? keys.peek().filter((one) => one !== key) : [...keys.peek(), key]);
}

/** Pins a column beside the name, or no more. */
export function pin(key: string): void {
  const now = pinned.peek();
  setOwn({ stick: join(now.includes(key) ? now.filter((one) => one !== key) : [...now, key]) });
}

/** Makes a column so wide; null: as usual. */
export function widen(key: string, width: number | null): void {
  const now = new Map(widths.peek());
  if (width === null) now.delete(key);
  else now.set(key, Math.round(width));
  setOwn({ w: join([...now].map(([name, wide]) => `${name}:${wide}`)) }, true);
}
