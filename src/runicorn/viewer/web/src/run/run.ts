// What is known of the run that the page is about.
import { signal } from "@preact/signals";
import { get, Refused, type Value } from "../server/api";
import { place } from "../state/place";

export interface Writer {
  host: string;
  rank: number | null;
  status: string;
  heard_seconds_ago: number | null;
  [name: string]: unknown;
}

/** What `runicorn show --json` tells. */
export interface Told {
  run_id: string;
  path: string;
  run_dir: string;
  status: string;
  exit_reason: string | null;
  heard_seconds_ago: number | null;
  alias: string | null;
  tags: string[] | null;
  group: string | null;
  notes: string | null;
  started_at: number | null;
  ended_at: number | null;
  duration: string;
  dropped: number;
  lost_bytes: number;
  config: Record<string, Value>;
  summary: Record<string, Value>;
  metrics: Record<string, Record<string, Value>>;
  writers: Writer[];
  problems: string[];
  [name: string]: unknown;
}

/** The id in the address. */
export const id = place.peek().rest[0] ?? "";
/** What is known; null: nothing yet. */
export const told = signal<Told | null>(null);
/** Why it cannot be had. */
export const problem = signal<Refused | null>(null);

/** Asks what is known. */
export async function renew(): Promise<void> {
  try {
    told.value = await get<Told>(`runs/${encodeURIComponent(id)}`);
    problem.value = null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error;
  }
}
