// In which sections metrics stand, and in what order.
import { natural } from "../parts/natural";

/** With more metrics than these, a section has a strip for each, not a chart. */
export const MANY = 200;

export interface Section {
  key: string; // as the address says it: "train/", "/" for metrics without a prefix, "pinned"
  name: string;
  metrics: string[];
}

/** Metrics in sections; `find`: words that must be in the names; `rare`: whether few of the runs have a metric. */
export function sorted(names: string[], pins: string[], find: string, rare: (name: string) => boolean = () => false): Section[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const found = names.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
  const pinned = pins.filter((name) => found.includes(name));
  const by = new Map<string, string[]>();
  for (const name of found.filter((one) => !pinned.includes(one)).sort(natural)) {
    const section = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
    const there = by.get(section);
    if (there) there.push(name);
    else by.set(section, [name]);
  }
  const rest = [...by].map(([name, metrics]) => ({ key: `${name}/`, name: name ? `${name}/` : "metrics", metrics }));
  const rank = (section: Section) => place(section, section.metrics.every(rare));
  rest.sort((a, b) => rank(a) - rank(b) || natural(a.key, b.key));
  return pinned.length ? [{ key: "pinned", name: "pinned", metrics: pinned }, ...rest] : rest;
}

/** What most runs have comes first; strips come behind charts, and what the machine did comes last. */
function place({ key, metrics }: Section, rare: boolean): number {
  if (/^(sys|system)\/$/.test(key)) return 3;
  return metrics.length > MANY ? 2 : Number(rare);
}
