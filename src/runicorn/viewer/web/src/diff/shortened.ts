// Two values that differ as texts, by what makes them differ.
import { value } from "../parts/format";
import type { Value } from "../server/api";
import type { Row } from "./answers";

const LEAST = 16; // characters that are worth leaving out
const MOST_KEPT = 40; // of what both begin with

/** Both as texts; of texts and lists that begin alike "…" stands for that, but for its last word. */
export function shortened({ a, b, same }: Row): [string, string] {
  const [one, other] = [a, b].map((found) => (found === null ? "null" : value(found)));
  const cut = !same && isLong(a) && isLong(b) ? cutAt(one, other) : 0;
  return cut < LEAST ? [one, other] : [`…${one.slice(cut)}`, `…${other.slice(cut)}`];
}

function isLong(found: Value | undefined): boolean {
  return typeof found === "string" || Array.isArray(found);
}

/** Where the last word begins of what both begin with. */
function cutAt(one: string, other: string): number {
  let alike = 0;
  while (alike < one.length && one[alike] === other[alike]) alike++;
  const word = one.slice(0, alike).search(/[^\s/]*[\s/]*$/);
  return Math.max(word, alike - MOST_KEPT);
}
