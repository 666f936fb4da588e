// Of each run the rank that is furthest behind the others, by the metrics that tell how long something took.
import { effect, signal } from "@preact/signals";
import { count } from "../parts/format";
import { beginning, read, type Answer } from "../ranks/data";
import { isTime, signed, stragglers, type Straggler } from "../ranks/stragglers";
import { Refused } from "../server/api";
import { metrics, settings, type Row, type Side } from "./answers";

interface Late extends Straggler {
  of: Answer;
}

const MOST = 4; // metrics that are looked at

/** A row, or none where no rank lags behind. */
export const lagging = signal<Row[]>([]);

/** Begins to ask, as the runs change. */
export function followRanks(): void {
  effect(() => {
    const [told, compared] = [settings.value, metrics.value];
    lagging.value = [];
    const names = (compared ?? []).map(({ name }) => name).filter(isTime).slice(0, MOST);
    if (!told || !names.length) return;
    void Promise.all([told.a, told.b].map((side) => latest(side, names))).then((late) => {
      if (settings.peek() === told) lagging.value = rowOf(late);
    });
  });
}

export function rowOf([a, b]: (Late | null)[]): Row[] {
  const [one, other] = [a, b].map((late) => (late ? said(late) : undefined));
  return a || b ? [{ name: "straggler", a: one, b: other, same: one === other }] : [];
}

function said({ rank, off, since, of }: Late): string {
  // What differs is not behind what is alike, which would be left out.
  return `rank ${rank} since step ${count(since!)}, ${of.asked} ${signed(off)}`;
}

/** The rank of a run that is furthest off now, and not just for a while. */
async function latest({ run_id: run, ranks }: Side, names: string[]): Promise<Late | null> {
  if (ranks < 2) return null;
  try {
    const late = await Promise.all(names.map((metric) => ofMetric(run, metric)));
    const [furthest] = late.flat().sort((one, other) => other.off - one.off);
    return furthest ? { ...furthest, since: await beginning(run, furthest.of, furthest) } : null;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

async function ofMetric(run: string, metric: string): Promise<Late[]> {
  const of = await read(run, metric);
  return stragglers(of.matrix).flatMap((one) => (one.since === null ? [] : [{ ...one, of }]));
}
