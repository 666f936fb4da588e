// What the file holds: see standalone.py, which writes it.
import { computed, signal } from "@preact/signals";
import type { Places } from "../charts/cursor";
import type { Heat } from "../media/histogram/draw";
import type { Matrix } from "../ranks/stragglers";
import type { Told } from "../run/run";
import { unpack, type Cells } from "../server/frames";

export interface Picture {
  key: string;
  step: number;
  caption: string | null;
  src: string; // a data URL
}

/** A text in Markdown. */
export interface Words {
  key: string;
  step: number;
  text: string;
}

/** The first rows and columns of a table: `rows` and `columns` say how many it has. */
export interface Table {
  key: string;
  step: number;
  rows: number;
  columns: { name: string; type: string }[];
  values: Record<string, unknown[]>;
}

/** A rollout or trace; `reward`: the total, `more`: how many messages there are besides. */
export interface Sample {
  key: string;
  stage: string | null;
  step: number;
  reward: number | null;
  rewards: Record<string, number>;
  messages: { role: string; text: string }[];
  more: number;
}

export interface Content {
  run: Told;
  made: string; // by whom and when
  limits: string[]; // sentences on what is not in the file
  frame: string; // a frame of series, base64
  ranks: { metric: string; ranks: number[]; frame: string } | null; // how long something took, by rank
  text: { host: string; lines: string[] }[];
  pictures: Picture[];
  figures: Picture[];
  texts: Words[];
  tables: Table[];
  histograms: (Heat & { key: string })[];
  samples: Sample[];
}

export const content = JSON.parse(document.getElementById("content")!.textContent!) as Content;

/** A line of a chart. */
export interface Line {
  name: string;
  cells: Cells;
}

/** The lines of each metric: of a system metric each machine's, or each process'. */
export const series = new Map<string, Line[]>();
/** The metrics that are over the time since the run began: what a machine does has no steps. */
export const timed = new Set<string>();
for (const [told, cells] of unpack(bytes(content.frame))) {
  const { metric, line } = told as typeof told & { line?: string };
  const lines = series.get(metric) ?? [];
  if (line !== undefined) timed.add(metric);
  series.set(metric, cells.n ? [...lines, { name: line ?? metric, cells }] : lines);
}

/** How long something took, by rank; null where nothing tells that. */
export function byRank(): (Matrix & { metric: string }) | null {
  if (!content.ranks) return null;
  const { metric, ranks, frame } = content.ranks;
  const [[, bins], [, each]] = unpack(bytes(frame));
  return { metric, ranks, x0: bins.x0, x1: bins.x1, values: each.mean };
}

/** What charts over the same x share: which part of it they show (null: all), and where the pointer is. */
function shared() {
  const cursor = signal<number | null>(null);
  const places = computed((): Places => [cursor.value, null]);
  return { range: signal<[number, number] | null>(null), cursor, places };
}

export const axes = { step: shared(), relative: shared() };

function bytes(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)).buffer;
}
