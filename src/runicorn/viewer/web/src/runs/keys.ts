// The columns of the table besides the run's name: those the view names, or else what most runs have.
import { computed, signal } from "@preact/signals";
import { get, type ColumnsAnswer } from "../server/api";
import { join, split } from "../state/lists";
import { settings } from "../state/settings";
import { change, own, part, setOwn } from "../state/view";
import { isValue, sparkOf } from "./kinds";

/** What the address says of the table besides `View`: a run's page leads back to the same. */
export const OF_TABLE = ["root", "stick", "w", "agg", "fold", "differ", "split"];

const NONE: ColumnsAnswer = { config: {}, summary: {}, metric: {}, field: {} };

/** The keys that there are, with the number of runs that have each; null before they were asked for. */
export const available = signal<ColumnsAnswer | null>(null);

const chosen = part(({ columns }) => columns);
const stuck = own("stick");
const wide = own("w");

/** The keys of the columns, in order. */
export const keys = computed(() => {
  const found = chosen.value ?? usual(available.value, settings.value.columns);
  return found.includes("status") ? found : ["status", ...found];
});
/** Those that are always seen. */
export const pinned = computed(() => split(stuck.value));
/** How wide those are that were made wider or narrower. */
export const widths = computed(() => {
  const said = split(wide.value).map((text) => [text.slice(0, text.lastIndexOf(":")), Number(text.slice(text.lastIndexOf(":") + 1))]);
  return new Map(said.filter((one): one is [string, number] => Number(one[1]) > 0));
});
/** Those that the server is asked for. */
export const fetched = computed(() => keys.value.filter(isValue));
/** Whether these are known. */
export const settled = computed(() => chosen.value !== null || available.value !== null);

/** Asks for the keys that there are. */
export async function learn(): Promise<void> {
  available.value = await get<ColumnsAnswer>("columns").catch(() => available.peek() ?? NONE);
}

/** `most` of them: metrics that tell how good a run is first, where many runs have them, and how the first of these
 * went; then tags, and what was set. */
export function usual(found: ColumnsAnswer | null, most: number): string[] {
  if (found === null) return [];
  const metrics = Object.keys(found.metric).filter((name) => !/^(sys|system)\//.test(name));
  const often = Math.max(...metrics.map((name) => found.metric[name])) / 2;
  const tells = (name: string) => Number(/val|test|eval/.test(name) && found.metric[name] >= often);
  metrics.sort((a, b) => tells(b) - tells(a));
  const settings = Object.keys(found.config);
  const [first, ...others] = metrics.slice(0, Math.max(1, Math.ceil(most / 2)));
  const good = first === undefined ? [] : [`metric.${first}`, sparkOf(first), ...others.map((name) => `metric.${name}`)];
  const tags = found.field.tags ? ["tags"] : [];
  return [...good, ...tags, ...settings.map((name) => `config.${name}`)].slice(0, most);
}

/** Has these columns, in this order; the status stands first, unless it was put elsewhere. */
export function choose(columns: string[]): void {
  change({ columns: columns[0] === "status" ? columns.slice(1) : columns });
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
