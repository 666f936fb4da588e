// Which entries and files the address means, and what is known of them.
import { computed, effect, signal } from "@preact/signals";
import { Windows } from "../parts/windows";
import { time } from "../run/cursor";
import { Following, until } from "../run/following";
import { id, told } from "../run/run";
import { Refused } from "../server/api";
import { own, setOwn } from "../state/view";
import { files, KINDS, list, type Entry, type File, type Listed } from "./answers";

const given = own("kind");
const copy = own("copy");
const findFile = own("find-file");

export const find = own("find-asset");
export const kind = computed(() => KINDS.find((one) => one === given.value) ?? "outputs");
/** How many there are, and which one is open. */
export const front = signal<Listed | null>(null);
export const problem = signal("");

/** The entries. */
export const windows = computed(() => {
  const asked = { kind: kind.value, q: find.value };
  return new Windows<Entry>(async (lo, hi) => {
    const { found, entries } = await list(id, { ...asked, lo, hi });
    return { found, rows: entries };
  });
});

/** The copy that is open: as the address says until more is known. */
const open = computed(() => (front.value ? (front.value.chosen?.entry.archive_path ?? "") : copy.value));

/** The files of the entry that is open. */
export const inside = computed(() => {
  const asked = { run: id, kind: kind.value, copy: open.value };
  const words = findFile.value;
  return new Windows<File>(async (lo, hi) => {
    const { found, files: rows } = await files(asked, words, lo, hi);
    return { found, rows };
  });
});

/** Asks anew when something else is meant, and when the run has changed. */
export const following = new Following(() => [
  effect(() => void (told.value && windows.value.renew())),
  effect(() => void (told.value && renew())),
]);

/** Asks for the first entries, for the one that is meant, and for its files where the address names it. */
export async function begin(): Promise<void> {
  following.begin();
  if (copy.peek()) inside.peek().want(0, 1);
  const there = () => front.value && windows.value.arrived.value && (!copy.value || inside.value.arrived.value);
  await until(() => problem.value || there());
}

let asking = 0;

/** Asks which entry is meant: that of the address, or of the cursor's time, or the newest. */
async function renew(): Promise<void> {
  const asked = { kind: kind.value, q: find.value, copy: copy.value, ...(time.value === null ? {} : { time: time.value }) };
  const mine = ++asking;
  try {
    const answer = await list(id, { ...asked, lo: 0, hi: 0 });
    if (mine !== asking) return; // what was asked later counts, whichever comes first
    const usual = KINDS.find((name) => answer.counts[name]);
    if (!given.peek() && usual && usual !== "outputs") return setOwn({ kind: usual }, true);
    front.value = answer;
    problem.value = "";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error.message;
  }
}
