// A chart as a file, or as text to be used elsewhere.
import { address } from "../server/api";
import { ids, shown as rows } from "../runs/shown";
import { join } from "../state/lists";
import { EMPTY, encode } from "../state/url";
import { view } from "../state/view";
import type { Shown } from "./current";
import type { Found } from "./curves";
import { place } from "./readings";
import { settings } from "./settings";
import { svg } from "./svg";

const TWICE = 2; // pixels of a PNG for each of the page

/** Saves the chart as a picture. */
export async function picture(shown: Shown, kind: "png" | "svg"): Promise<void> {
  const found = shown.found.map((one) => ({ ...one, name: named(one) }));
  const drawn = new Blob([svg({ ...shown, found }, said(shown.metric), getComputedStyle(document.documentElement))], { type: "image/svg+xml" });
  const blob = kind === "svg" ? drawn : await rasterised(drawn);
  const address = URL.createObjectURL(blob);
  download(address, `${shown.metric.replace(/[^\w.-]+/g, "-")}.${kind}`);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A run's name with its path, which nobody sees elsewhere than here. */
function named({ id, name }: Found): string {
  const path = rows.peek().find(({ run }) => run === id)?.path;
  return path && !name.endsWith(path) ? `${name} · ${path}` : name;
}

/** How a chart is drawn: "log y · smoothed: ema 0.9 · x: step 100 … 200". */
function said(metric: string): string {
  const { x, range, logX, log, full, smooth } = settings(metric).value;
  const part = range ? ` ${place(x, range[0]).replace(/^step /, "")} … ${place(x, range[1]).replace(/^step /, "")}` : "";
  const words = [log && "log y", logX && "log x", smooth && `smoothed: ${smooth.replace(":", " ")}`, !full && "outliers cropped", `x: ${x}${part}`];
  return words.filter(Boolean).join(" · ");
}

async function rasterised(drawn: Blob): Promise<Blob> {
  const image = new Image();
  image.src = URL.createObjectURL(drawn);
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width * TWICE, image.height * TWICE];
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => canvas.toBlob((blob) => done(blob!), "image/png"));
}

/** Saves every point of the chart, as the server has them. */
export function save({ metric, found }: Shown, fmt: "csv" | "parquet"): void {
  const { x, range } = settings(metric).value;
  const there = new Set(found.flatMap(({ id, runs }) => (runs === 1 ? id : [])));
  const runs = found.some((one) => one.runs > 1) ? ids.peek() : ids.peek().filter((run) => there.has(run));
  const steps: Record<string, string> =
    range && x === "step" ? { lo: String(Math.ceil(range[0])), hi: String(Math.floor(range[1])) } : {};
  download(address("points", { runs: runs.join(","), metric, fmt, ...steps }), "");
}

function download(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

/** The address of this chart alone, as it is. */
export function addressOf(metric: string): string {
  return `${location.origin}${location.pathname}?${encode({ ...view.peek(), large: metric })}`;
}

/** A block of Markdown that shows this chart in a report as it is drawn, of these runs whatever comes later. */
export function panel(metric: string): string {
  const { lines, group } = view.peek();
  const own = { run: join(ids.peek()), metrics: join([metric]) };
  return `\`\`\`panel\n${encode({ ...EMPTY, lines, group, ...settings(metric).value, own })}\n\`\`\`\n`;
}

/** A line of HTML that shows this chart in another page, live. */
export function frame(metric: string): string {
  const { x, smooth } = settings(metric).value;
  const said = { run: join(ids.peek()), metrics: join([metric]), x, smooth };
  const given = Object.entries(said).filter(([name, text]) => text && !(name === "x" && text === "step"));
  const address = `${location.origin}/embed?${new URLSearchParams(given)}`;
  return `<iframe src="${address.replaceAll("&", "&amp;")}" width="640" height="320" style="border: 0"></iframe>`;
}

/** Copies a text. */
export async function text(content: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(content);
  const field = document.createElement("textarea"); // without https from another machine there is no clipboard
  field.value = content;
  document.querySelector("dialog[open]")!.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
