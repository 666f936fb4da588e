// The columns of the table besides run and status: those the view names, or else what most runs have.
import { computed, signal } from "@preact/signals";
import { get, type ColumnsAnswer } from "../server/api";
import { part } from "../state/view";

const METRICS = 4;
const SETTINGS = 3;

const NONE: ColumnsAnswer = { config: {}, summary: {}, metric: {} };

/** The keys that there are, with the number of runs that have each; null before they were asked for. */
export const available = signal<ColumnsAnswer | null>(null);

const chosen = part(({ columns }) => columns);

/** The keys of the columns, in order. */
export const keys = computed(() => chosen.value ?? usual(available.value));
/** Whether these are known. */
export const settled = computed(() => chosen.value !== null || available.value !== null);

/** Asks for the keys that there are. */
export async function learn(): Promise<void> {
  available.value = await get<ColumnsAnswer>("columns").catch(() => available.peek() ?? NONE);
}

/** Metrics that tell how good a run is come first, where many runs have them; then what was set. */
export function usual(found: ColumnsAnswer | null): string[] {
  if (found === null) return [];
  const metrics = Object.keys(found.metric).filter((name) => !/^(sys|system)\//.test(name));
  const often = Math.max(...metrics.map((name) => found.metric[name])) / 2;
  const tells = (name: string) => Number(/val|test|eval/.test(name) && found.metric[name] >= often);
  metrics.sort((a, b) => tells(b) - tells(a));
  const settings = Object.keys(found.config);
  return [
    ...metrics.slice(0, METRICS).map((name) => `metric.${name}`),
    ...settings.slice(0, SETTINGS).map((name) => `config.${name}`),
  ];
}

const WIDE = new Set(["path", "notes", "exit_reason", "tags"]);

/** Keys whose values are seconds since the epoch. */
export const TIMES = new Set(["created_at", "started_at", "ended_at", "time"]);

/** Widths of the table's columns, as CSS: eye, name, status, and these. */
export function template(keys: string[]): string {
  const widths = keys.map((key) => (TIMES.has(key) ? "144px" : WIDE.has(key) ? "160px" : "92px"));
  return ["28px minmax(190px, 1fr) 92px", ...widths].join(" ");
}

/** A key's name without the place it is found in. */
export function short(key: string): string {
  return key.replace(/^(config|summary|metric)\./, "");
}
