// What is archived of a run, as the server tells it.
import { address, get } from "../server/api";

export const KINDS = ["outputs", "datasets", "pretrained"] as const;
export type Kind = (typeof KINDS)[number];

export interface Entry {
  key?: string;
  name: string;
  context?: string;
  kind?: string;
  mode?: string;
  saved: boolean;
  archive_path?: string;
  fingerprint?: string | Record<string, unknown> | null;
  size_bytes?: number;
  total_size_bytes?: number;
  file_count?: number;
  archived_at?: number;
  path?: string | null;
  uri?: string | null;
  path_or_uri?: string | null;
  description?: string | null;
  metric?: { name: string; value: number };
  last_error?: string;
  error?: string;
}

export interface Listed {
  counts: Record<Kind, number>;
  found: number;
  entries: Entry[];
  at: number; // the place of the newest that was there at the cursor's time; -1: none
  chosen: { place: number; entry: Entry } | null;
}

export interface File {
  path: string;
  size: number;
}

export interface Preview {
  size: number;
  text: string | null;
  cut: boolean;
  picture: boolean;
  members: File[] | null;
}

export interface User {
  run: string;
  path: string;
  alias: string | null;
  kind: Kind;
}

/** What is meant: an entry's copy, and a file in it. */
export interface Copy {
  run: string;
  kind: Kind;
  copy: string;
  name?: string;
}

const way = (run: string) => `runs/${encodeURIComponent(run)}/assets`;

export const list = (run: string, asked: Record<string, string | number>) => get<Listed>(way(run), asked);
export const files = ({ run, ...rest }: Copy, q: string, lo: number, hi: number) =>
  get<{ found: number; files: File[] }>(`${way(run)}/files`, { ...rest, q, lo, hi });
export const preview = ({ run, ...rest }: Copy) => get<Preview>(`${way(run)}/preview`, { ...rest });
export const users = ({ run, kind, copy }: Copy) => get<{ runs: User[] }>(`${way(run)}/users`, { kind, copy });

/** The address of a file's bytes. */
export function bytesOf({ run, ...rest }: Copy, show = false): string {
  return address(`${way(run)}/content`, { ...rest, show: show ? "1" : undefined });
}
