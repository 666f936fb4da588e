// Which metrics the shown runs have, and in which sections they stand.
import { computed, effect, signal, untracked } from "@preact/signals";
import { get } from "../server/api";
import { ids } from "../runs/shown";
import { part } from "../state/view";

/** The runs that have each metric. */
export const metrics = signal<Map<string, Set<string>>>(new Map());
/** The runs whose metrics were asked for last. */
export const known = signal<string[] | null>(null);

export interface Section {
  name: string;
  metrics: string[];
}

const view = part(({ pins, find }) => ({ pins, find }));

/** Pinned metrics first, then by what stands before the first "/". */
export const sections = computed<Section[]>(() => sorted([...metrics.value.keys()], view.value.pins, view.value.find));

/** Metrics in sections; `find`: words that must be in the names. */
export function sorted(names: string[], pins: string[], find: string): Section[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const found = names.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
  const pinned = pins.filter((name) => found.includes(name));
  const by = new Map<string, string[]>();
  for (const name of found.filter((one) => !pinned.includes(one)).sort(natural)) {
    const section = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
    by.set(section, [...(by.get(section) ?? []), name]);
  }
  const rest = [...by].map(([name, metrics]) => ({ name, metrics }));
  rest.sort((a, b) => rank(a.name) - rank(b.name) || natural(a.name, b.name));
  return pinned.length ? [{ name: "pinned", metrics: pinned }, ...rest] : rest;
}

const order = new Intl.Collator("en", { numeric: true });

function natural(a: string, b: string): number {
  return order.compare(a, b);
}

/** What the machine did comes last. */
function rank(section: string): number {
  return /^(sys|system)$/.test(section) ? 1 : 0;
}

let asking = new AbortController();

/** Asks which metrics the shown runs have. */
export async function renewMetrics(): Promise<void> {
  asking.abort();
  asking = new AbortController();
  const runs = ids.peek();
  const found = runs.length ? await get<Record<string, number[]>>("metrics", { runs: runs.join(",") }, asking.signal) : {};
  known.value = runs;
  const named = Object.entries(found).map(([name, at]): [string, Set<string>] => [name, new Set(at.map((one) => runs[one]))]);
  metrics.value = new Map(named);
}

/** Begins to follow which runs are shown. */
export function follow(): void {
  effect(() => {
    void ids.value;
    untracked(() => renewMetrics().catch(() => undefined));
  });
}
