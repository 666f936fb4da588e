// Two values as texts, by what makes them differ.
import { bytes, number, value } from "../parts/format";
import type { Value } from "../server/api";
import type { Row } from "./answers";

const BYTES = /[._]bytes$/;
const LEAST = 16; // characters that are worth leaving out
const MOST_KEPT = 40; // of what both begin with

/** Both as texts; of texts and lists that begin alike "…" stands for that, but for its last word. */
export function shortened({ name, a, b, same }: Row): [string, string] {
  const [one, other] = [a, b].map((found) => written(name, found));
  if (!same && one === other) return [exact(a), exact(b)];
  const cut = !same && isLong(a) && isLong(b) ? cutAt(one, other) : 0;
  return cut < LEAST ? [one, other] : [`…${one.slice(cut)}`, `…${other.slice(cut)}`];
}

/** With all digits, and as a text that nothing else is written as; "": there is none. */
export function exact(found: Value | undefined): string {
  return typeof found === "string" ? found : (JSON.stringify(found) ?? "");
}

/** What B is to A, of two numbers: "× 0.1", "+0.0134". */
export function change({ name, a, b, same, unlike }: Row): string {
  if (same || unlike || typeof a !== "number" || typeof b !== "number") return "";
  if (a > 0 && b > 0 && (b / a >= 2 || b / a <= 0.5)) return `× ${number(b / a, 3)}`;
  return `${b > a ? "+" : "−"}${written(name, Math.abs(b - a))}`;
}

function written(name: string, found: Value | undefined): string {
  if (found === null) return "null";
  return typeof found === "number" && BYTES.test(name) ? bytes(found) : value(found);
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
