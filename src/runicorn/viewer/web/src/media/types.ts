// Media as the server tells of them.
import { count } from "../parts/format";
import { address } from "../server/api";

/** One medium: see docs/files.md, "objects". `bytes`: the size of its file; null while that is not made. */
export interface Medium {
  key: string;
  type: string;
  step: number;
  rank: number;
  time: number;
  caption: string | null;
  index?: number;
  file?: string | null;
  format?: string;
  bytes?: number | null;
  error?: string;
  value?: unknown;
  seconds?: number;
  sample_rate?: number;
  frames?: number;
  fps?: number;
  width?: number;
  height?: number;
  points?: number;
}

/** What was logged at one step; `media` are the first of `count`. */
export interface Row {
  step: number;
  count: number;
  media: Medium[];
}

/** A key's media of one type; `steps`: at how many there are some. */
export interface Key {
  key: string;
  type: string;
  count: number;
  steps: number;
  first: number;
  last: number;
}

export interface RowsAnswer {
  steps: number;
  lo: number;
  rows: Row[];
}

/** The address of a medium's file; with `width` a smaller picture of an image. */
export function blob(run: string, file: string, width?: number): string {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return address(`blob/${encodeURIComponent(run)}/${path}`, { w: width || undefined });
}

/** What a medium's file is called when it is downloaded, as `runicorn export-data` calls it. */
export function fileName({ key, step, index, file }: Medium): string {
  const form = file!.split(".").pop()!;
  return `${key.replace(/[^\w.-]+/g, "_")}-step${step}${index === undefined ? "" : `-${index}`}.${form}`;
}

/** Whether a medium is drawn as a picture. */
export function isPicture({ type, format }: { type: string; format?: string }): boolean {
  return type === "image" || (type === "figure" && format !== "html");
}

/** What is said of a medium besides its caption: its place in its list, rank and size. */
export function about(medium: Medium): string {
  const { index, rank, width, height, frames, fps, seconds, sample_rate, points, bytes } = medium;
  const parts = [
    index === undefined ? "" : `#${index}`,
    rank ? `rank ${rank}` : "",
    width && height ? `${width} × ${height}` : "",
    frames ? `${frames} frames` : "",
    fps ? `${fps} fps` : "",
    seconds ? `${Number(seconds.toFixed(2))} s` : "",
    sample_rate ? `${sample_rate / 1000} kHz` : "",
    points ? `${count(points)} points` : "",
    bytes ? size(bytes) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

/** Bytes for people: 1.2 MB. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const amount = bytes / 1000 ** at;
  return `${at && amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${units[at]}`;
}
