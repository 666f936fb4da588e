// Fetches series: all that charts ask for at once in one request, each one once.
import { signal } from "@preact/signals";
import { Refused, series, type Ask } from "../server/api";
import type { Cells } from "../server/frames";

const MOST = 400; // series of a request; the server takes 500
const MOST_POINTS = 800_000; // of them together; the server gives 1,000,000
const KEPT = 3000;

/** Why a series cannot be had. */
export interface Problem {
  error: string;
}

interface Held {
  cells: Cells | Problem;
  revision: number; // of the run, as it was when this was asked for
}

const held = new Map<string, Held>();
const waiting = new Map<string, Ask>();
const underway = new Set<string>();
const revisions = new Map<string, number>();

/** Counts up when series have come, or when what a run holds has changed. */
export const arrived = signal(0);
/** Counts up when a run has changed: what is on the screen of it must be asked for again. */
export const changed = signal(0);
/** Why the last request failed. */
export const broken = signal<Refused | null>(null);

/** The bins, if they are there; they are asked for when they are not, or are of before the run's last change. */
export function cellsOf(ask: Ask): Cells | Problem | undefined {
  const key = JSON.stringify(ask);
  const known = held.get(key);
  const revision = revisionOf(ask);
  if (!underway.has(key) && (!known || known.revision !== revision)) {
    if (!waiting.size) setTimeout(() => void send(), 0);
    waiting.set(key, ask);
  }
  return known?.cells;
}

/** The bins, if they are there, of whichever moment. */
export function known(ask: Ask): Cells | Problem | undefined {
  return held.get(JSON.stringify(ask))?.cells;
}

/** Counts up when a run that is meant has new points. */
function revisionOf(ask: Ask): number {
  const runs = "run" in ask ? [ask.run] : ask.runs;
  return runs.reduce((sum, run) => sum + (revisions.get(run) ?? 0), 0);
}

/** Asks again for what could not be had. */
export function retry(): void {
  if (!broken.peek()) return;
  broken.value = null;
  arrived.value++;
}

/** Says that a run has new points. */
export function outdate(run: string): void {
  revisions.set(run, (revisions.get(run) ?? 0) + 1);
  changed.value++;
}

async function send(): Promise<void> {
  const parts: [string, Ask][][] = [];
  let points = Infinity;
  for (const one of waiting) {
    points += one[1].points;
    if (points > MOST_POINTS || parts[parts.length - 1].length === MOST) {
      parts.push([]);
      points = one[1].points;
    }
    parts[parts.length - 1].push(one);
  }
  waiting.clear();
  await Promise.all(parts.map(fetchThem));
}

async function fetchThem(asked: [string, Ask][]): Promise<void> {
  const at = asked.map(([, ask]) => revisionOf(ask));
  for (const [key] of asked) underway.add(key);
  try {
    const found = await series(asked.map(([, ask]) => ask));
    found.forEach(([told, cells], place) => {
      const [key] = asked[place];
      held.delete(key); // what came last stands last
      held.set(key, { cells: told.error ? { error: told.error } : cells, revision: at[place] });
    });
    for (const key of held.keys()) {
      if (held.size <= KEPT) break;
      held.delete(key);
    }
    broken.value = null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    broken.value = error;
  } finally {
    for (const [key] of asked) underway.delete(key);
    if (!broken.value) arrived.value++;
  }
}
