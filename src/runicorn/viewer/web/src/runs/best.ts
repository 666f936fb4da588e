// What metrics were where runs were best: asked for when rows come onto the screen, all of a column in one request.
import { signal } from "@preact/signals";
import { get } from "../server/api";
import { join } from "../state/lists";
import type { Kind } from "./kinds";
import { result, type Row } from "./result";

type Best = Extract<Kind, { kind: "best" }>;

interface Held {
  value: number | null;
  revision: number; // of the catalog
}

const held = new Map<string, Held>();
const underway = new Set<string>();
const waiting = new Map<string, { column: Best; runs: Set<string> }>();

/** Counts up when some have come. */
const arrived = signal(0);

/** The value, or undefined where it has not come yet. What a run that runs has is asked for again as it goes on. */
export function bestOf(key: string, column: Best, { run, status }: Row): number | null | undefined {
  void arrived.value;
  const name = `${key}\n${run}`;
  const known = held.get(name);
  if (!underway.has(name) && (!known || (status === "running" && known.revision !== result.value.revision))) {
    if (!waiting.size) setTimeout(send, 0);
    const asked = waiting.get(key) ?? { column, runs: new Set() };
    waiting.set(key, asked);
    asked.runs.add(run);
    underway.add(name);
  }
  return known?.value;
}

function send(): void {
  const all = [...waiting];
  waiting.clear();
  for (const [key, { column, runs }] of all) void fetchThem(key, column, [...runs]);
}

async function fetchThem(key: string, { metric, of, mode }: Best, runs: string[]): Promise<void> {
  const revision = result.peek().revision;
  const values = await get<(number | null)[]>("best", { runs: join(runs), metric, of, mode }).catch(() => null);
  runs.forEach((run, at) => {
    held.set(`${key}\n${run}`, { value: values?.[at] ?? null, revision });
    underway.delete(`${key}\n${run}`);
  });
  arrived.value++;
}
