// In which sections metrics stand, and in what order.

export interface Section {
  name: string;
  metrics: string[];
}

/** Metrics in sections; `find`: words that must be in the names. */
export function sorted(names: string[], pins: string[], find: string): Section[] {
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
  const rest = [...by].map(([name, metrics]) => ({ name, metrics }));
  rest.sort((a, b) => rank(a.name) - rank(b.name) || natural(a.name, b.name));
  return pinned.length ? [{ name: "pinned", metrics: pinned }, ...rest] : rest;
}

const order = new Intl.Collator("en", { numeric: true });

function natural(a: string, b: string): number {
  return order.compare(a, b);
}

/** What the machine did comes last. */
function rank(section: string): number {
  return /^(sys|system)$/.test(section) ? 1 : 0;
}
