// Which run has which colour: its id says so, and stays so as long as the page is open. Where two runs that are shown
// would have the same, the later one takes the next that is free; when all are taken, lines are dashed as well.

export const HUES = 10;
/** Dashes of lines, in pixels, the first for the first ten runs. */
export const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const SLOTS = HUES * DASHES.length;

/** A slot for each of these runs: hue + 10 * dashes. Runs keep what they had in `before`. */
export function assign(runs: string[], before: Map<string, number>): Map<string, number> {
  const slots = new Map(before);
  const taken = new Set(runs.flatMap((run) => before.get(run) ?? []));
  // By id, so that the order of the table has no say.
  for (const run of runs.filter((one) => !before.has(one)).sort()) {
    let slot = hash(run) % HUES;
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

/** FNV-1a. */
export function hash(text: string): number {
  let found = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) found = Math.imul(found ^ text.charCodeAt(at), 0x01000193);
  return found >>> 0;
}
