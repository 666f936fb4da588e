// Lines of a hunk side by side: those removed stand beside those added in their place.
import type { Hunk } from "./answers";

export interface Pair {
  kind: "same" | "changed";
  a?: { number: number; text: string };
  b?: { number: number; text: string };
}

export function beside(hunk: Hunk): Pair[] {
  const pairs: Pair[] = [];
  let [a, b] = [hunk.a, hunk.b];
  let removed: NonNullable<Pair["a"]>[] = [];
  let added: NonNullable<Pair["b"]>[] = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      pairs.push({ kind: "changed", a: removed[at], b: added[at] });
    }
    [removed, added] = [[], []];
  };
  for (const line of hunk.lines) {
    const text = line.slice(1);
    if (line[0] === "-") removed.push({ number: a++, text });
    else if (line[0] === "+") added.push({ number: b++, text });
    else {
      flush();
      pairs.push({ kind: "same", a: { number: a++, text }, b: { number: b++, text } });
    }
  }
  flush();
  return pairs;
}
