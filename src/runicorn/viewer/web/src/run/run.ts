// What is known of the run that the page is about.
import { signal } from "@preact/signals";
import { get, Refused, type Value } from "../server/api";
import { place, runPage } from "../state/place";
import { own } from "../state/view";

export interface Writer {
  host: string;
  rank: number | null;
  role?: string; // "console" of what copies what is printed
  status: string;
  heard_seconds_ago: number | null;
  hostname: string;
  pid: number;
  world: number | null;
  started: number;
  ended: number | null;
  last_step: number | null;
  last_time: number | null;
  reason: string | null;
  forked: boolean;
  dropped: number;
  lost_bytes: number;
}

export interface Alert {
  time: number;
  rank: number;
  step: number | null;
  level: string;
  title: string;
  text: string | null;
}

export interface Output {
  key: string;
  archived_at?: number;
  step?: number | null;
  size_bytes?: number;
}

/** What `runicorn show --json` tells, and in which root the run is. */
export interface Told {
  revision: number; // of the catalog
  run_id: string;
  path: string;
  run_dir: string;
  root: number; // of those that the viewer shows
  status: string;
  exit_reason: string | null;
  heard_seconds_ago: number | null;
  alias: string | null;
  tags: string[] | null;
  group: string | null;
  notes: string | null;
  started_at: number | null;
  ended_at: number | null;
  dropped: number;
  lost_bytes: number;
  config: Record<string, Value>;
  summary: Record<string, Value>;
  code: Record<string, Value>;
  datasets: unknown[];
  pretrained: unknown[];
  holds: Record<"logs" | "objects", boolean>;
  environment: Record<string, Value>;
  metrics: Record<string, Record<string, Value>>;
  system: Record<string, Record<string, Value>>;
  alerts: Alert[];
  outputs: Output[];
  writers: Writer[];
  meta: Record<string, Value>;
  files: Record<"segments" | "journals", { name: string; bytes: number }[]>;
  problems: string[];
  [name: string]: unknown;
}

/** The id in the address. */
export const id = place.peek().rest[0] ?? "";
/** What is known; null: nothing yet. */
export const told = signal<Told | null>(null);
/** Why it cannot be had. */
export const problem = signal<Refused | null>(null);

const root = own("root");
/** When that was asked for, in seconds since the epoch. */
let asked = 0;

/** Seconds since the run was heard of, now; null: it has ended. */
export function heard(now: number): number | null {
  const then = told.value?.heard_seconds_ago ?? null;
  return then === null ? null : then + Math.max(0, now - asked);
}

/** Goes to its own address: it was asked for by an alias, or without the root that it is in. */
function goTo({ run_id, root }: Told): void {
  const said = new URLSearchParams(location.search);
  if (root) said.set("root", String(root));
  else said.delete("root");
  location.replace(`${runPage(run_id, place.peek().rest[1])}${said.size ? "?" : ""}${said}`);
}

/** Asks what is known. */
export async function renew(): Promise<void> {
  try {
    const found = await get<Told>(`runs/${encodeURIComponent(id)}`);
    if (found.run_id !== id || String(found.root) !== (root.peek() || "0")) return goTo(found);
    asked = Date.now() / 1000;
    told.value = found;
    problem.value = null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error;
  }
}
