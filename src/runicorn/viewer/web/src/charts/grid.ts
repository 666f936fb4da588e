// Where charts stand: in rows below the heads of their sections, so that only those that are seen need to be there.
import type { Section } from "./sections";

export const SECTION = 30; // pixels of a section's head
export const GAP = 8;
const NARROWEST = 300;

export interface Place {
  top: number;
  height: number;
  /** The head of a section, or a row of charts. */
  what: { kind: "section"; section: Section; open: boolean } | { kind: "charts"; section: string; metrics: string[] };
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
    const open = !closed.has(section.name);
    rows.push({ top, height: SECTION, what: { kind: "section", section, open } });
    top += SECTION;
    for (let at = 0; open && at < section.metrics.length; at += across) {
      const metrics = section.metrics.slice(at, at + across);
      rows.push({ top, height, what: { kind: "charts", section: section.name, metrics } });
      top += height + GAP;
    }
  }
  return { rows, total: top };
}

/** The rows between two heights. */
export function seen(rows: Place[], from: number, to: number): Place[] {
  return rows.filter((row) => row.top + row.height >= from && row.top <= to);
}
