// Where charts stand: in rows below the heads of their sections, so that only those that are seen need to be there.
import { MANY, type Section } from "./sections";

export const SECTION = 30; // pixels of a section's head
export const STRIP = 20; // pixels of a metric's strip
export const GAP = 8;
const LEAST = 224; // of a chart, where nothing else is said
const MOST = 360;
const NARROWEST = 300;
const STRIPS = 10; // in one row, so that few elements move

export interface Place {
  top: number;
  height: number;
  /** The head of a section, a row of charts, or strips of metrics, one below the other. */
  what:
    | { kind: "section"; section: Section; open: boolean }
    | { kind: "charts" | "strips"; section: string; metrics: string[] };
}

/** The height of a chart of this width, where nothing else is said. */
export function usualHeight(width: number): number {
  return Math.max(LEAST, Math.min(MOST, Math.round(width / 2)));
}

/** How many charts stand side by side: so many, or as many as have room; but no more than a section has, or two. */
export function columns(width: number, across: number, sections: Section[]): number {
  const most = Math.max(2, ...sections.map(({ metrics }) => metrics.length));
  return across || Math.max(1, Math.min(most, Math.floor((width + GAP) / (NARROWEST + GAP))));
}

/** The rows from top to bottom, and their height together. */
export function grid(sections: Section[], closed: Set<string>, across: number, height: number): { rows: Place[]; total: number } {
  const rows: Place[] = [];
  let top = 0;
  for (const section of sections) {
    const open = !closed.has(section.key);
    rows.push({ top, height: SECTION, what: { kind: "section", section, open } });
    top += SECTION;
    const many = section.metrics.length > MANY;
    const [together, high, gap] = many ? [STRIPS, STRIP, 0] : [across, height, GAP];
    for (let at = 0; open && at < section.metrics.length; at += together) {
      const metrics = section.metrics.slice(at, at + together);
      const rowHeight = many ? metrics.length * high : high;
      rows.push({ top, height: rowHeight, what: { kind: many ? "strips" : "charts", section: section.key, metrics } });
      top += rowHeight + gap;
    }
    if (many && open) top += GAP;
  }
  return { rows, total: top };
}

/** The rows between two heights. */
export function seen(rows: Place[], from: number, to: number): Place[] {
  return rows.filter((row) => row.top + row.height >= from && row.top <= to);
}
