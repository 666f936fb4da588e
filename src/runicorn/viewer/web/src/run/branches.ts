// Nested values as a tree of keys, and as text to be copied.
import { bytes, moment, number, value as text } from "../parts/format";
import type { Value } from "../server/api";

const LONGEST = 10; // characters of a number that is shown as it is
const DIGITS = 6; // of any other
const LONG_AGO = 1e9; // a time in seconds since the epoch, at least

export interface Branch {
  key: string; // of this floor
  path: string; // with those above: model.norm.eps
  value: Value;
  below: Branch[]; // of a dict that is not empty
}

export type Values = { [name: string]: Value };

export function isValues(found: Value): found is Values {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}

/** What lies below a value: of a dict its values, of a list of dicts these, by their numbers. */
function floor(found: Value): Values {
  if (isValues(found)) return found;
  const isList = Array.isArray(found) && found.length > 0 && found.every(isValues);
  return isList ? Object.fromEntries(found.map((one, at) => [String(at), one])) : {};
}

/** A value as people read it: the title has all digits of a number, and the copies have it as it is. */
export function readable(key: string, found: unknown): string {
  if (key === "gpus" && Array.isArray(found) && !found.length) return "none that NVIDIA's driver tells of";
  if (typeof found !== "number") return text(found) || JSON.stringify(found);
  if (key.endsWith("_bytes")) return bytes(found);
  if (key.endsWith("_at") && found > LONG_AGO) return moment(found);
  return String(found).length > LONGEST ? number(found, DIGITS) : String(found);
}

/** The branches in whose path or value all words stand; all without words. */
export function branches(values: Values, words: string[] = [], above = ""): Branch[] {
  return Object.entries(values).flatMap(([key, value]): Branch[] => {
    const path = above + key;
    const under = floor(value);
    const inner = Object.keys(under).length > 0;
    const below = inner ? branches(under, words, `${path}.`) : [];
    const told = inner ? path : `${path} ${text(value)}`;
    const meant = words.every((word) => told.toLowerCase().includes(word));
    if (inner && meant && !below.length) return [{ key, path, value, below: branches(under, [], `${path}.`) }];
    return meant || below.length ? [{ key, path, value, below }] : [];
  });
}

/** How many values a tree has. */
export function leaves(found: Branch[]): number {
  return found.reduce((sum, { below }) => sum + (below.length ? leaves(below) : 1), 0);
}

const PLAIN = /^[A-Za-z_][\w./@-]*$/;
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** As YAML. JSON's texts, numbers and lists are YAML's, too. */
export function yaml(values: Values, indent = ""): string {
  const lines = Object.entries(values).map(([key, value]) => {
    if (isValues(value) && Object.keys(value).length) return `${indent}${scalar(key)}:\n${yaml(value, `${indent}  `)}`;
    return `${indent}${scalar(key)}: ${scalar(value)}\n`;
  });
  return lines.join("");
}

function scalar(value: Value): string {
  if (typeof value === "string" && PLAIN.test(value) && !WORDS.test(value)) return value;
  return JSON.stringify(value);
}
