// What the file holds: see standalone.py, which writes it.
import { signal } from "@preact/signals";
import type { Heat } from "../media/histogram/draw";
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
  text: { host: string; lines: string[] }[];
  pictures: Picture[];
  figures: Picture[];
  texts: Words[];
  tables: Table[];
  histograms: (Heat & { key: string })[];
  samples: Sample[];
}

export const content = JSON.parse(document.getElementById("content")!.textContent!) as Content;

/** The bins of each metric. */
export const series: Map<string, Cells> = new Map(unpack(bytes(content.frame)).map(([{ metric }, cells]) => [metric, cells]));

/** The part of x that all charts show; null: all. */
export const range = signal<[number, number] | null>(null);
/** The step that the pointer is at, or that was pinned. */
export const cursor = signal<number | null>(null);

function bytes(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)).buffer;
}
