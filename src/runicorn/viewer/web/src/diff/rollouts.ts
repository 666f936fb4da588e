// The conversations of two runs at a step that both have: the charts' cursor, or the last one before it.
import { effect, signal } from "@preact/signals";
import type { GroupRow, Overview, StepRow } from "../rollouts/answers";
import { get, Refused } from "../server/api";
import { part } from "../state/view";
import { sides, type Row } from "./answers";
import { paired } from "./judged";

/** What they were worth, mean rewards: all of them, and those of each prompt that both have, the most different first. */
export interface Rollouts {
  step: number;
  stage: string;
  a: number | null;
  b: number | null;
  prompts: Row[];
}

type Params = Record<string, string | number | undefined>;
type Steps = Overview & { rows: StepRow[] };

const PAUSE = 200; // milliseconds, where a run is still being read
const MOST_LOOKS = 20; // for a step that both have
const MOST_PROMPTS = 200;

const cursor = part(({ cursor, x }) => (x === "step" ? cursor : null));
/** null: not both have any at one step, or that is not known yet. */
export const rollouts = signal<Rollouts | null>(null);

/** Begins to ask, as the runs and the cursor change. */
export function followRollouts(): void {
  let last = 0;
  effect(() => {
    const [{ a, b }, wanted, mine] = [sides.value, cursor.value, ++last];
    if (!a || !b) return void (rollouts.value = null);
    void beside(a, b, wanted).then((found) => mine === last && (rollouts.value = found));
  });
}

async function beside(a: string, b: string, wanted: number | null): Promise<Rollouts | null> {
  try {
    const first = await steps(a, {});
    if (first.here === null) return null;
    const { key: of, type, stage } = first;
    const found = await common(a, b, { of, type, stage }, wanted === null ? first.here : Math.floor(wanted));
    return found && { ...found, stage };
  } catch (error) {
    if (error instanceof Refused) return null; // one of them has none of these
    throw error;
  }
}

/** At the last step that both have, up to `from`. */
async function common(a: string, b: string, same: Params, from: number): Promise<Omit<Rollouts, "stage"> | null> {
  let step = from;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const [one, other] = await Promise.all([a, b].map((run) => steps(run, { ...same, step })));
    if (one.here === null || other.here === null) return null;
    if (one.here === other.here) {
      const [mine, theirs] = await Promise.all([worth(a, same, one), worth(b, same, other)]);
      return { step: one.here, a: mine.mean, b: theirs.mean, prompts: paired(mine.prompts, theirs.prompts) };
    }
    const before = Math.min(one.here, other.here);
    if (before >= step) return null;
    step = before;
  }
  return null;
}

/** What is told of a step, when all of the run is read. */
async function steps(run: string, params: Params): Promise<Steps> {
  for (;;) {
    const found = await get<Steps>(`runs/${encodeURIComponent(run)}/rollouts`, { hi: 0, ...params });
    if (found.read === 1) return found;
    await new Promise((soon) => setTimeout(soon, PAUSE));
  }
}

async function worth(run: string, same: Params, { at, here }: Overview): Promise<{ mean: number | null; prompts: GroupRow[] }> {
  const groups = `runs/${encodeURIComponent(run)}/rollouts/groups`;
  const [{ rows }, { rows: prompts }] = await Promise.all([
    steps(run, { ...same, lo: at, hi: at + 1 }),
    get<{ rows: GroupRow[] }>(groups, { ...same, step: here!, hi: MOST_PROMPTS }),
  ]);
  return { mean: rows[0]?.mean ?? null, prompts };
}
