// Which run has which colour: its id says so, and it stays so on all pages of a tab of the browser. Where two runs that
// are shown would have the same, the later one takes the next that is free; when all are taken, lines are dashed as well.

export const HUES = 10;
/** Dashes of lines, in pixels, the first for the first ten runs. */
export const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const SLOTS = HUES * DASHES.length;

/** A slot for each of these runs: hue + 10 * dashes. Runs keep what they had in `before`, but two that had the same. */
export function assign(runs: string[], before: Map<string, number>): Map<string, number> {
  const slots = new Map(before);
  const taken = new Set<number>();
  // By id, so that the order of the table has no say.
  const sorted = [...runs].sort();
  for (const run of [...sorted.filter((one) => before.has(one)), ...sorted.filter((one) => !before.has(one))]) {
    let slot = before.get(run) ?? hash(run) % HUES;
    for (let tried = 0; taken.has(slot) && tried < SLOTS; tried++) {
      const hue = (slot + 1) % HUES;
      const around = tried % HUES === HUES - 1;
      slot = (Math.floor(slot / HUES) + Number(around)) % DASHES.length * HUES + hue;
    }
    taken.add(slot);
    slots.set(run, slot);
  }
  return slots;
}

const KEPT = 500; // runs that a tab of the browser remembers
const KEY = "runicorn.colours";

/** What runs had on the pages before, in this tab of the browser. */
export function remembered(): Map<string, number> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as [string, number][]);
  } catch {
    return new Map(); // in a frame that may keep nothing
  }
}

export function remember(slots: Map<string, number>): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...slots].slice(-KEPT)));
  } catch {
    // then other pages may have others
  }
}

/** FNV-1a. */
export function hash(text: string): number {
  let found = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) found = Math.imul(found ^ text.charCodeAt(at), 0x01000193);
  return found >>> 0;
}
