// The conversations of two runs at a step that both have: the charts' cursor, or the last one before it.
import { effect, signal } from "@preact/signals";
import type { GroupRow, Overview, StepRow } from "../rollouts/answers";
import { get, Refused } from "../server/api";
import { count } from "../parts/format";
import { part } from "../state/view";
import { settings } from "./answers";
import { paired, type PromptRow } from "./judged";

/** What conversations of one run were worth: their mean reward, and that of each prompt. */
export interface Worth {
  mean: number | null;
  prompts: GroupRow[];
}

/** `prompts`: mean rewards of those that both have, the most different first; `few`: most of them are not. */
export interface Rollouts {
  key: string;
  stage: string;
  step: number;
  before: number | null; // the step that was asked for, where not both have that one
  next: number | null; // the first that both have behind it; null: there is none, or both have what was asked for
  a: Worth;
  b: Worth;
  prompts: PromptRow[];
  few: boolean;
}

type Params = Record<string, string | number | undefined>;
type Steps = Overview & { rows: StepRow[] };

const PAUSE = 200; // milliseconds, where a run is still being read
const MOST_LOOKS = 20; // for a step that both have
const MOST_PROMPTS = 200;
const NOWHERE = "No step has some of both";

const cursor = part(({ cursor, x }) => (x === "step" ? cursor : null));
/** In words why there is nothing to compare, where one has some; null: neither has any, or that is not known yet. */
export const rollouts = signal<Rollouts | string | null>(null);

/** Begins to ask, as the runs and the cursor change. */
export function followRollouts(): void {
  let last = 0;
  effect(() => {
    const [told, wanted, mine] = [settings.value, cursor.value, ++last];
    if (!told) return void (rollouts.value = null);
    void beside(told.a.run_id, told.b.run_id, wanted).then((found) => mine === last && (rollouts.value = found));
  });
}

async function beside(a: string, b: string, wanted: number | null): Promise<Rollouts | string | null> {
  try {
    const [first, second] = await Promise.all([a, b].map((run) => steps(run, {})));
    if (!first.sets.length && !second.sets.length) return null;
    if (!first.sets.length || !second.sets.length) return `${first.sets.length ? "B" : "A"} has none`;
    const { key, type, stage } = first;
    // What a run has none of the server refuses, which browsers put into their consoles as errors.
    if (!second.sets.some((one) => one.key === key && one.type === type)) return `B has none of "${key}"`;
    const same = { of: key, type, stage };
    if (first.here === null) return NOWHERE;
    const found = await common(a, b, same, wanted === null ? first.here : Math.floor(wanted));
    const before = wanted === null || found?.step === Math.floor(wanted) ? null : wanted;
    if (found === undefined) return null;
    if (!found && wanted === null) return NOWHERE;
    if (!found) return `Up to step ${count(Math.floor(wanted!))} no step has some of both`;
    return { ...found, key, stage, before, next: before === null ? null : await following(a, b, same, Math.floor(before) + 1) };
  } catch (error) {
    if (error instanceof Refused) return null; // one of them is gone
    throw error;
  }
}

type Pair = Pick<Rollouts, "step" | "a" | "b" | "prompts" | "few">;

/** At the last step that both have, up to `from`; null: there is none, undefined: it was not found soon. */
async function common(a: string, b: string, same: Params, from: number): Promise<Pair | null | undefined> {
  let step = from;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const [one, other] = await Promise.all([a, b].map((run) => steps(run, { ...same, step })));
    if (one.here === null || other.here === null) return null;
    if (one.here === other.here) {
      const [mine, theirs] = await Promise.all([worth(a, same, one), worth(b, same, other)]);
      const prompts = paired(mine.prompts, theirs.prompts);
      const few = prompts.length < Math.min(mine.prompts.length, theirs.prompts.length) / 2;
      return { step: one.here, a: mine, b: theirs, prompts, few };
    }
    const before = Math.min(one.here, other.here);
    if (before >= step) return null;
    step = before;
  }
  return undefined;
}

/** The first step that both have, from `from` on. */
async function following(a: string, b: string, same: Params, from: number): Promise<number | null> {
  let step = from;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const [one, other] = await Promise.all([a, b].map((run) => since(run, same, step)));
    if (one === null || other === null || one === other) return one === other ? one : null;
    step = Math.max(one, other);
  }
  return null;
}

/** The first step of a run from `step` on. */
async function since(run: string, same: Params, step: number): Promise<number | null> {
  const { at, here } = await steps(run, { ...same, step });
  if (here === null || here >= step) return here;
  const { rows } = await steps(run, { ...same, lo: at + 1, hi: at + 2 });
  return rows[0]?.step ?? null;
}

/** What is told of a step, when all of the run is read. */
async function steps(run: string, params: Params): Promise<Steps> {
  for (;;) {
    const found = await get<Steps>(`runs/${encodeURIComponent(run)}/rollouts`, { hi: 0, ...params });
    if (found.read === 1) return found;
    await new Promise((soon) => setTimeout(soon, PAUSE));
  }
}

async function worth(run: string, same: Params, { at, here }: Overview): Promise<Worth> {
  const groups = `runs/${encodeURIComponent(run)}/rollouts/groups`;
  const [{ rows }, { rows: prompts }] = await Promise.all([
    steps(run, { ...same, lo: at, hi: at + 1 }),
    get<{ rows: GroupRow[] }>(groups, { ...same, step: here!, hi: MOST_PROMPTS }),
  ]);
  return { mean: rows[0]?.mean ?? null, prompts };
}
