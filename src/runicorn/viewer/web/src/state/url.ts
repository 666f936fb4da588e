// What is on the screen, as the address tells it: short names that stay, and text that people can read and edit.
import { join, split } from "./lists";
import { tell, understand, type Own } from "./own";

/** Which runs are shown: the first `top` of the table, and those in `on`, without those in `off`. */
export interface Show {
  top: number;
  on: string[];
  off: string[];
}

/** Everything on the screen. */
export interface View {
  path: string; // of the tree, "" is all
  query: string;
  sort: string[]; // keys, "-" in front: largest first
  group: string; // a key, or ""
  columns: string[] | null; // keys of the table; null: chosen by what the runs have
  show: Show;
  pins: string[]; // metrics
  find: string; // which metrics are drawn: words in their names
  x: string; // "step", "time", "relative", or a metric
  range: [number, number] | null; // of x, that is drawn
  cursor: number | null; // a pinned cursor's x
  lines: string; // "" is one for each run; "mean:range": one for each group, with centre and band
  smooth: string; // as in series, such as "ema:0.9"; "" is none
  log: boolean;
  full: boolean; // y goes to the furthest outlier
  band: boolean;
  logX: boolean; // x is logarithmic
  across: number; // charts side by side; 0: as many as have room
  height: number; // of charts, in pixels; 0: as usual
  closed: string[]; // sections, by their keys
  large: string; // the metric of the chart that is seen alone, or ""
  charts: Record<string, Own>; // what the charts of some metrics have of their own
  hidden: string[]; // of "tree", "runs", "charts"
  own: Record<string, string>; // what one page alone says, by names that are none of those above
}

export const TOP = 10;
export const EMPTY: View = {
  path: "",
  query: "",
  sort: [],
  group: "",
  columns: null,
  show: { top: TOP, on: [], off: [] },
  pins: [],
  find: "",
  x: "step",
  range: null,
  cursor: null,
  lines: "",
  smooth: "",
  log: false,
  full: false,
  band: true,
  logX: false,
  across: 0,
  height: 0,
  closed: [],
  large: "",
  charts: {},
  hidden: [],
  own: {},
};
const NAMES = new Set("path q sort group cols show pin find x xlog c lines sm y band across height closed large hide token".split(" "));
const OWN = "@"; // in front of a metric: what its chart has of its own
const HEIGHTS = [80, 2000];
const RANGE = /^(.*):([^:]*)\.\.([^:]*)$/s;

/** The part of the address behind "?", without what is as usual. */
export function encode(view: View): string {
  const y = [view.log && "log", view.full && "full"].filter((word) => word !== false);
  const said: [string, string][] = [
    ["path", view.path],
    ["q", view.query],
    ["sort", join(view.sort)],
    ["group", view.group],
    ["cols", view.columns === null ? "" : view.columns.length ? join(view.columns) : "none"],
    ["show", shown(view.show)],
    ["pin", join(view.pins)],
    ["find", view.find],
    ["x", axis(view)],
    ["xlog", view.logX ? "on" : ""],
    ["c", view.cursor === null ? "" : String(view.cursor)],
    ["lines", view.lines],
    ["sm", view.smooth],
    ["y", y.join(",")],
    ["band", view.band ? "" : "off"],
    ["across", view.across ? String(view.across) : ""],
    ["height", view.height ? String(view.height) : ""],
    ["closed", join(view.closed)],
    ["large", view.large],
    ["hide", join(view.hidden)],
    ...Object.entries(view.charts).map(([metric, own]): [string, string] => [OWN + metric, tell(own)]),
    ...Object.entries(view.own),
  ];
  return said.flatMap(([name, text]) => (text ? [`${readable(name).replaceAll("=", "%3D")}=${readable(text)}`] : [])).join("&");
}

/** The view that an address means; what it does not say is as usual. Never throws. */
export function decode(search: string): View {
  const said = new URLSearchParams(search);
  const text = (name: string) => said.get(name) ?? "";
  const [x, range] = ranged(text("x"));
  const y = text("y").split(",");
  const cursor = said.has("c") ? Number(text("c")) : NaN;
  const across = Number(text("across"));
  const height = Number(text("height"));
  const charts = [...said].filter(([name]) => name.startsWith(OWN)).map(([name, text]) => [name.slice(1), understand(text)] as const);
  return {
    path: text("path").replace(/\/(\*\*)?$/, ""),
    query: text("q"),
    sort: split(text("sort")),
    group: text("group"),
    columns: said.has("cols") ? split(text("cols")).filter((key) => key !== "none") : null,
    show: said.has("show") ? showing(split(text("show"))) : EMPTY.show,
    pins: split(text("pin")),
    find: text("find"),
    x: x || "step",
    range,
    cursor: Number.isFinite(cursor) ? cursor : null,
    lines: text("lines"),
    smooth: text("sm"),
    log: y.includes("log"),
    full: y.includes("full"),
    band: text("band") !== "off",
    across: Number.isInteger(across) && across > 0 && across <= 6 ? across : 0,
    logX: text("xlog") === "on",
    height: Number.isInteger(height) && height >= HEIGHTS[0] && height <= HEIGHTS[1] ? height : 0,
    closed: split(text("closed")),
    large: text("large"),
    charts: Object.fromEntries(charts.filter(([metric, own]) => metric && tell(own))),
    hidden: split(text("hide")),
    own: Object.fromEntries([...said].filter(([name, text]) => name && text && !NAMES.has(name) && !name.startsWith(OWN))),
  };
}

function axis({ x, range }: View): string {
  if (range) return `${x}:${range[0]}..${range[1]}`;
  return x === "step" ? "" : x;
}

function ranged(text: string): [string, [number, number] | null] {
  const found = RANGE.exec(text);
  const range = found && [Number(found[2]), Number(found[3])];
  if (!found || !range || !(range[0] < range[1])) return [text, null];
  return [found[1], [range[0], range[1]]];
}

function shown({ top, on, off }: Show): string {
  if (top === TOP && !on.length && !off.length) return "";
  return join([`top:${top}`, ...on, ...off.map((run) => `-${run}`)]);
}

function showing(parts: string[]): Show {
  const top = Number(parts.find((part) => part.startsWith("top:"))?.slice(4) ?? 0);
  const runs = parts.filter((part) => !part.startsWith("top:"));
  return {
    top: Number.isInteger(top) && top >= 0 ? top : TOP,
    on: runs.filter((run) => !run.startsWith("-")),
    off: runs.filter((run) => run.startsWith("-")).map((run) => run.slice(1)),
  };
}

function readable(text: string): string {
  return encodeURIComponent(text).replace(/%(2F|3A|2C|3D|3C|3E|40|24|3B|5B|5D|7C)/g, decodeURIComponent).replace(/%20/g, "+");
}
