// A line of a run's text: what stands in front of it, and what it says.
import { pieces, type Look } from "./ansi";

/** `rank 2 | 12:17:08.523 | stdout | message`, taken apart; an empty line has its message alone. */
export interface Parts {
  rank: string;
  clock: string;
  level: string;
  from: number; // where the message begins
}

const HEAD = /^(?:rank (\d+) \| )?(\d\d:\d\d:\d\d\.\d{3}) \| ([^|]*?) \| /;

export function parts(text: string): Parts {
  const [head = "", rank = "", clock = "", level = ""] = HEAD.exec(text) ?? [];
  return { rank, clock, level, from: head.length };
}

/** What a line shows that was drawn again and again with \r: where its newest state is, and how many there were. */
export function newest(text: string, from: number): { from: number; to: number; states: number } {
  const to = text.endsWith("\r") ? text.length - 1 : text.length;
  const states = text.slice(from, to).split("\r");
  const last = states.findLastIndex((state) => state.trim());
  const before = states.slice(0, Math.max(0, last)).reduce((sum, state) => sum + state.length + 1, 0);
  return { from: from + before, to: from + before + (states[Math.max(0, last)]?.length ?? 0), states: states.length };
}

/** A piece of text with one look, and whether the search has found it. */
export interface Shown {
  text: string;
  look: Look;
  hit: boolean;
}

/** The text from `from` to `to`, cut where looks and hits begin and end. */
export function shown(text: string, from: number, to: number, hits: [number, number][] = []): Shown[] {
  const found: Shown[] = [];
  for (const piece of pieces(text.slice(from, to))) {
    const start = from + piece.from;
    const stop = start + piece.text.length;
    const inside = hits.flatMap(([a, b]) => (a < stop && b > start ? [Math.max(a, start), Math.min(b, stop)] : []));
    const edges = [start, ...inside, stop];
    for (let at = 0; at + 1 < edges.length; at++) {
      if (edges[at] < edges[at + 1]) found.push({ text: visible(text.slice(edges[at], edges[at + 1])), look: piece.look, hit: at % 2 === 1 });
    }
  }
  return found;
}

/** Text in which control characters, and those that turn the direction of what follows, are seen and do nothing. */
export function visible(text: string): string {
  return text
    .replace(/[\x00-\x08\n-\x1f]/g, (one) => String.fromCharCode(0x2400 + one.charCodeAt(0)))
    .replace(/[\x7f-\x9f]/g, "␡")
    .replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}
