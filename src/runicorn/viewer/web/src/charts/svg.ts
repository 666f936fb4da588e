// A chart as SVG, drawn from the bins that the screen shows: bands, lines, axes, and a legend below.
import { number } from "../parts/format";
import { HUES } from "../runs/colours";
import type { Cells } from "../server/frames";
import type { Shown } from "./current";
import type { Found } from "./curves";
import type { Curve } from "./draw";
import type { Picture } from "./plot";
import { place } from "./readings";

const LEFT = 64;
const MOST_SIGNS = 48;
const RIGHT = 20;
const TOP = 34;
const AXIS = 30;
const LINE = 18; // pixels of a line of the legend
const SIGN = 6.2; // pixels of a letter in it, about
const LEAST = { width: 640, height: 320 };

interface Scales {
  x: (value: number) => number;
  y: (value: number) => number;
  top: number;
  bottom: number;
}

/** The text of the file; `said`: how the chart is drawn, in words; `style` has the colours of the page. */
export function svg({ metric, found, picture, ticks, ...size }: Shown, said: string, style: CSSStyleDeclaration): string {
  if (!picture) throw new Error("There is nothing to be drawn.");
  const [width, height] = [Math.max(LEAST.width, size.width), Math.max(LEAST.height, size.height)];
  const colour = (name: string) => style.getPropertyValue(name);
  const [right, bottom] = [width - RIGHT, height + TOP - AXIS];
  const scales = {
    x: scale(picture.x, picture.logX, LEFT, right),
    y: scale(picture.y, picture.log, bottom, TOP),
    top: TOP,
    bottom,
  };
  const broad = 36 + SIGN * Math.min(MOST_SIGNS, Math.max(0, ...found.map(({ name }) => name.length)));
  const beside = Math.max(1, Math.floor((right - LEFT) / broad));
  const whole = bottom + AXIS + LINE * Math.ceil(found.length / beside) + 8;
  const muted = colour("--muted");
  const gridX = ticks.x.filter(([at]) => inside(scales.x(at), LEFT, right));
  const gridY = ticks.y.filter(([at]) => inside(scales.y(at), TOP, bottom));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="${colour("--panel")}"/>`,
    `<text x="${LEFT}" y="20" font-size="13" font-weight="600" fill="${colour("--text") || muted}">${plain(metric)}</text>`,
    `<clipPath id="inside"><rect x="${LEFT}" y="${TOP}" width="${right - LEFT}" height="${bottom - TOP}"/></clipPath>`,
    `<g stroke="${colour("--grid")}">`,
    ...gridX.map(([at]) => `<path d="M${round(scales.x(at))} ${TOP}V${bottom}"/>`),
    ...gridY.map(([at]) => `<path d="M${LEFT} ${round(scales.y(at))}H${right}"/>`),
    "</g>",
    `<g fill="${muted}">`,
    ...gridX.map(([at, text]) => `<text x="${round(scales.x(at))}" y="${bottom + 15}" text-anchor="middle">${plain(text)}</text>`),
    ...gridY.map(([at, text]) => `<text x="${LEFT - 6}" y="${round(scales.y(at) + 4)}" text-anchor="end">${plain(text)}</text>`),
    `<text x="${right}" y="20" text-anchor="end">${plain(said)}</text>`,
    "</g>",
    `<g clip-path="url(#inside)">`,
    ...picture.curves.map((curve) => curveOf(curve, picture, scales)),
    "</g>",
    ...picture.curves.map((curve) => clipped(curve, picture, scales)),
    ...found.map((one, at) => legend(one, LEFT + broad * (at % beside), bottom + AXIS + LINE * (Math.floor(at / beside) + 0.6), colour)),
    "</svg>",
  ].join("\n");
}

function curveOf({ cells, ghost, colour, dash }: Curve, picture: Picture, scales: Scales): string {
  const drawn = ghost ?? cells;
  const band = picture.band ? `<path d="${bandOf(drawn, scales)}" fill="${colour}" fill-opacity="0.22"/>` : "";
  const behind = ghost ? `<path d="${lineOf(ghost, scales)}" fill="none" stroke="${colour}" stroke-opacity="0.3"/>` : "";
  const dashes = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
  return `${band}${behind}<path d="${lineOf(cells, scales)}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"${dashes}/>`;
}

function lineOf({ n, x0, x1, mean }: Cells, { x, y, top, bottom }: Scales): string {
  let [path, drawing] = ["", false];
  for (let at = 0; at < n; at++) {
    const [left, height] = [x((x0[at] + x1[at]) / 2), y(mean[at])];
    const there = Number.isFinite(left) && !Number.isNaN(height);
    if (there) path += `${drawing ? "L" : "M"}${round(left)} ${round(near(height, top, bottom))}`;
    drawing = there;
  }
  return path;
}

/** A rectangle for each bin, wide enough that no spike is lost. */
function bandOf({ n, x0, x1, min, max }: Cells, { x, y, top, bottom }: Scales): string {
  let path = "";
  for (let at = 0; at < n; at++) {
    if (!(max[at] > min[at])) continue;
    const left = x(x0[at]);
    const right = Math.max(left + 1, at + 1 < n ? Math.min(x(x0[at + 1]), x(x1[at]) + 3) : x(x1[at]));
    const [high, low] = [near(y(max[at]), top, bottom), near(Number.isNaN(y(min[at])) ? bottom : y(min[at]), top, bottom)];
    if (Number.isFinite(left) && !Number.isNaN(high)) path += `M${round(left)} ${round(high)}H${round(right)}V${round(low)}H${round(left)}Z`;
  }
  return path;
}

/** A mark with the greatest value, where it is beyond the upper edge. */
function clipped({ cells, ghost, colour }: Curve, { x: [lo, hi], y: [, most], axis }: Picture, { x, top }: Scales): string {
  const { n, x0, x1, max } = ghost ?? cells;
  let furthest = -1;
  for (let at = 0; at < n; at++) {
    const seen = x1[at] >= lo && x0[at] <= hi;
    if (seen && max[at] > most && (furthest < 0 || max[at] > max[furthest])) furthest = at;
  }
  if (furthest < 0) return "";
  const at = (x0[furthest] + x1[furthest]) / 2;
  const left = round(x(at));
  const told = `${number(max[furthest], 6)} at ${place(axis, at)}`;
  const [beside, anchor] = at < (lo + hi) / 2 ? [left + 7, "start"] : [left - 7, "end"];
  const text = `<text x="${beside}" y="${top + 9}" fill="${colour}" font-size="10" text-anchor="${anchor}">${plain(told)}</text>`;
  return `<path d="M${left} ${top}l-5 7h10z" fill="${colour}"/>${text}`;
}

function legend({ name, slot }: Found, left: number, top: number, colour: (name: string) => string): string {
  const short = name.length > MOST_SIGNS ? `${name.slice(0, MOST_SIGNS - 1)}…` : name;
  const stroke = colour(`--run-${slot % HUES}`);
  return `<path d="M${left} ${top - 4}h14" stroke="${stroke}" stroke-width="2.5"/><text x="${left + 20}" y="${top}" fill="${colour("--muted")}">${plain(short)}</text>`;
}

/** Values as pixels; NaN for what has no place on a log axis. */
function scale([lo, hi]: [number, number], log: boolean, from: number, to: number): (value: number) => number {
  const place = log ? (value: number) => (value > 0 ? Math.log10(value) : NaN) : (value: number) => value;
  const [low, high] = [place(lo), place(hi)];
  return (value) => from + ((place(value) - low) / (high - low)) * (to - from);
}

function near(y: number, top: number, bottom: number): number {
  return Math.max(top - 100, Math.min(bottom + 100, y));
}

function inside(at: number, lo: number, hi: number): boolean {
  return at >= lo - 0.5 && at <= hi + 0.5;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function plain(text: string): string {
  // Signs that XML cannot hold would spoil the file.
  const held = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD");
  return held.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
