// Where the columns of the table stand, in pixels.
import { kindOf, short, TIMES, valueOf } from "./kinds";

/** A column: its left edge from that of the row, or of what is pinned. */
export interface Place {
  key: string;
  left: number;
  width: number;
}

export interface Places {
  name: number; // the width of the run's name
  pinned: Place[]; // behind the name, always seen
  rest: Place[];
  stuck: number; // how far what is always seen goes
  total: number;
}

export const MARKS = 48; // the check box and the ring in front of the name
export const NAME = "alias"; // the key of the name's column
const LEAST = 36;
const LEAST_NAME = 170;
const WIDE = new Set(["path", "notes", "exit_reason", "tags"]);
const WHICH = 16; // "last", behind a metric
const STATUS = 104; // "interrupted", "silent 31m"

/** How wide a column is when nobody has said. */
export function usualWidth(key: string): number {
  if (key === "status") return STATUS;
  if (TIMES.has(key)) return 156;
  if (WIDE.has(key)) return 160;
  if (kindOf(key).kind === "spark") return 104;
  const value = valueOf(key);
  return Math.max(92, Math.min(150, 24 + 7 * (value?.metric ?? short(key)).length + (value ? WHICH : 0)));
}

/** The columns in `room` pixels: the name takes what the others leave. `widths`: those that were set; `more`: pixels
 * for what stands behind the values of metrics. */
export function places(keys: string[], pinned: string[], widths: Map<string, number>, room: number, more = 0): Places {
  const wide = (key: string) => Math.max(LEAST, widths.get(key) ?? usualWidth(key) + (valueOf(key) ? more : 0));
  const others = keys.reduce((sum, key) => sum + wide(key), 0);
  const name = Math.max(LEAST_NAME, widths.get(NAME) ?? room - MARKS - others);
  const stand = (some: string[], from: number): Place[] => {
    let left = from;
    return some.map((key) => {
      const place = { key, left, width: wide(key) };
      left += place.width;
      return place;
    });
  };
  const front = stand(keys.filter((key) => pinned.includes(key)), MARKS + name);
  const stuck = front.reduce((end, { width }) => end + width, MARKS + name);
  const rest = stand(keys.filter((key) => !pinned.includes(key)), stuck);
  return { name, pinned: front, rest, stuck, total: rest.reduce((end, { width }) => end + width, stuck) };
}

/** The columns that are seen from `left` on, `room` pixels wide, and a few beside them. */
export function seen({ rest, stuck }: Places, left: number, room: number): Place[] {
  const around = 200;
  return rest.filter((place) => place.left + place.width >= left + stuck - around && place.left <= left + room + around);
}

/** The place in a list of keys before which a column that is dropped at `x` comes; `x` from the row's left edge. */
export function dropAt(keys: string[], { pinned, rest }: Places, x: number): number {
  const over = [...pinned, ...rest].find(({ left, width }) => x < left + width / 2);
  return over ? keys.indexOf(over.key) : keys.length;
}
