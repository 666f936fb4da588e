// Which metrics the shown runs have.
import { computed, effect, signal, untracked } from "@preact/signals";
import { get } from "../server/api";
import { alone, ids } from "../runs/shown";
import { part } from "../state/view";
import { sorted, type Section } from "./sections";

/** The runs that have each metric. */
export const metrics = signal<Map<string, Set<string>>>(new Map());
/** The runs whose metrics were asked for last. */
export const known = signal<string[] | null>(null);

const view = part(({ pins, find }) => ({ pins, find }));

/** A run's page has a tab of its own for what its machine did. */
const names = computed(() => [...metrics.value.keys()].filter((name) => !alone.value || !name.startsWith("sys/")));

/** Pinned metrics first, then by what stands before the first "/". */
export const sections = computed<Section[]>(() => {
  const half = (known.value?.length ?? 0) / 2;
  return sorted(names.value, view.value.pins, view.value.find, (name) => metrics.value.get(name)!.size < half);
});

let last = "";
let asking = new AbortController();

/** Asks which metrics the shown runs have. */
export async function renewMetrics(): Promise<void> {
  asking.abort();
  asking = new AbortController();
  const runs = ids.peek();
  const found = runs.length ? await get<Record<string, number[]>>("metrics", { runs: runs.join(",") }, asking.signal) : {};
  const text = JSON.stringify([runs, found]);
  if (text === last) return;
  last = text;
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
