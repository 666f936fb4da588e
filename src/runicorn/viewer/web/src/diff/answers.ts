// In what two runs differ, as the server tells it.
import { batch, computed, effect, signal } from "@preact/signals";
import { get, Refused, type Value } from "../server/api";
import { own, part } from "../state/view";

/** Who a run is; `snapshot`: of its code, and why there is none where it was asked for; `captured`: its environment. */
export interface Side {
  run_id: string;
  path: string;
  alias: string | null;
  status: string;
  started_at: number | null;
  duration: number | null; // seconds; so far, where it runs
  ranks: number;
  snapshot: boolean;
  snapshot_reason: string | null;
  captured: boolean;
}

/** A value of both; one that is missing on a side is undefined there. `unlike`: they are of different things. */
export interface Row {
  name: string;
  a?: Value;
  b?: Value;
  same: boolean;
  unlike?: boolean;
}

/** A file of the code, in bytes; git's words stand there, too, and are no `file`. */
export interface FileRow extends Row {
  file?: boolean;
  lines?: [number, number] | null;
}

/** `ended`: which of the two has the same points, but none from `differs_from` on. */
export interface MetricRow {
  name: string;
  step: number | null;
  a: number | null;
  b: number | null;
  difference: number | null;
  differs_from: number | null;
  ended: "a" | "b" | null;
  a_then: number | null;
  b_then: number | null;
  difference_then: number | null;
  same: boolean;
}

/** Metrics at a step, and after so many seconds. */
export interface Compared {
  metrics: MetricRow[];
  seconds: number;
}

/** `root`: the number of that in which both are. */
export interface Settings {
  root: number;
  a: Side;
  b: Side;
  config: Row[];
  code: FileRow[];
  environment: Row[];
  data: Row[];
  ranks: Row[];
  summary: Row[];
  seconds: number;
}

/** Lines that follow each other; each begins with " ", "-" or "+". */
export interface Hunk {
  a: number;
  b: number;
  lines: string[];
}

const a = own("a");
const b = own("b");
const root = own("root");
/** What the charts' cursor says: up to which step, or after how many seconds. */
const cursor = part(({ cursor: at, x }) => (at === null ? {} : x === "step" ? { step: at } : x === "relative" ? { seconds: at } : {}));

/** The two runs in the address. */
export const sides = computed(() => ({ a: a.value, b: b.value }));
export const settings = signal<Settings | null>(null);
/** At the last step, and after all of the time; null: they are being compared. */
export const metrics = signal<MetricRow[] | null>(null);
/** At the cursor, which said `asked`; null: it says nothing, or that is being compared. */
export const there = signal<(Compared & { asked: { step?: number } }) | null>(null);
export const problem = signal<Refused | null>(null);

/** Asks for all of it; metrics take the longest. */
export async function compare(): Promise<void> {
  const asked = sides.peek();
  const tell = (found: Settings | null, why: Refused | null) => {
    if (asked === sides.peek()) batch(() => ([settings.value, metrics.value, problem.value] = [found, null, why]));
  };
  if (!asked.a && !asked.b) return tell(null, null);
  try {
    const found = await get<Settings>("diff", asked);
    if (String(found.root) !== (root.peek() || "0")) return location.replace(withRoot(found.root));
    tell(found, null);
    const compared = await get<{ metrics: MetricRow[] }>("diff/metrics", asked);
    if (asked === sides.peek()) metrics.value = compared.metrics;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    tell(null, error);
  }
}

/** Begins to ask for the metrics at the cursor. */
export function followCursor(): void {
  effect(() => {
    const [runs, asked] = [sides.value, cursor.value];
    if (!metrics.value || !Object.keys(asked).length) return void (there.value = null);
    get<Compared>("diff/metrics", { ...runs, ...asked }).then(
      (found) => {
        if (runs === sides.peek() && asked === cursor.peek()) there.value = { ...found, asked };
      },
      () => undefined, // the page says it where it asks for the rest
    );
  });
}

/** This page's address, of runs that are in another root than it says. */
function withRoot(number: number): string {
  const said = new URLSearchParams(location.search);
  said.set("root", String(number));
  return `${location.pathname}?${said}`;
}

/** The lines in which a file differs; null: it is no text, or too large. */
export async function linesOf(name: string): Promise<Hunk[] | null> {
  return (await get<{ hunks: Hunk[] | null }>("diff/lines", { ...sides.peek(), name })).hunks;
}
