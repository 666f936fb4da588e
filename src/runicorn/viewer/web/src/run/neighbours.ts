// Where the run stands among others: before and behind it in the table it was opened from, and how good it is.
import { computed, signal } from "@preact/signals";
import { get } from "../server/api";
import { sent } from "../runs/result";
import { view } from "../state/view";
import { id } from "./run";

interface Among {
  at: number | null; // its place in the table, from 0 on; null: it is not in it
  found: number;
  previous: string | null;
  next: string | null;
  /** Its place by the primary metric, and of how many runs of its path; null where it has none. */
  place: [number, number] | null;
}

export const among = signal<Among | null>(null);

const asked = computed(() => {
  const { sort, group } = view.value;
  return { q: sent.value, sort: sort.join(","), group };
});

/** Asks again; what the table's query means may be wrong, and then there are no neighbours. */
export async function renewAmong(): Promise<void> {
  among.value = await get<Among>(`runs/${encodeURIComponent(id)}/among`, asked.peek()).catch(() => null);
}
