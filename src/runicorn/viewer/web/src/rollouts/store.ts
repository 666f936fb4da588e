// What is asked for, as the address changes and as the run goes on.
import { computed, effect, untracked } from "@preact/signals";
import { changed } from "../charts/loader";
import { Following, until } from "../run/following";
import { id } from "../run/run";
import { edited } from "../state/edits";
import { calm } from "../state/live";
import type { Difference, GroupRow, Over, Overview, SampleRow, StepRow, Whole } from "./answers";
import { Answer, Rows, type Params } from "./asking";
import { asked, every, groupOrder, held, order, path, prompt, run, sample, shading, step } from "./state";

const SOONEST = 500; // milliseconds between looks for new ones

export const overview = new Answer<Overview>();
export const one = new Answer<Whole>();
export const over = new Answer<Over>();
export const difference = new Answer<Difference>();

/** The step whose samples are listed; null: none yet. */
export const here = computed(() => overview.value.value?.here ?? null);
/** The step that is asked for: all questions go out at once, also before it is known which the last is. */
const wanted = computed(() => step.value ?? "last");
/** Which samples are listed. */
const among = computed((): Params => ({
  ...asked.value,
  prompt: prompt.value,
  step: every.value ? undefined : wanted.value,
  order: order.value === "logged" ? "" : order.value || "-reward",
}));

export const steps = rowsOf<StepRow, Overview>("", () => asked.value);
export const groups = rowsOf<GroupRow, { step: number | null; groups: number }>("/groups", () => ({
  ...asked.value,
  step: wanted.value,
  order: groupOrder.value || "std",
}));
export const samples = rowsOf<SampleRow, { step: number | null; found: number; ends: [number, number] | null }>("/samples", () => among.value);

/** The place of the sample that is read among those that are listed; null: it is not among them, or not known. */
export const place = new Answer<{ at: number }>();
export const at = computed((): number | null => {
  const rows = samples.value?.rows.value;
  if (!sample.value) return 0;
  for (const [number, { id }] of rows ?? []) if (id === sample.value) return number;
  const known = place.value.value?.at ?? -1;
  return known < 0 ? null : known;
});
/** The id of the sample that is read: the first that is listed, where the address names none. */
export const current = computed(() => sample.value || (one.value.value?.id ?? ""));

/** The rows of what is asked, made anew when that changes. */
function rowsOf<Row, Head>(part: string, of: () => Params) {
  const question = computed(() => JSON.stringify([path.value + part, of()]));
  let last: Rows<Row, Head> | null = null;
  return computed(() => {
    const [address, params] = JSON.parse(question.value) as [string, Params];
    if (last) last.left = true;
    return (last = new Rows<Row, Head>(address, params));
  });
}

function whole({ read, tested }: Overview): boolean {
  return read === 1 && tested === 1;
}

/** Asks how the steps are; while not all of the run is read or tested, again and again. `news`: the lists may be other ones. */
async function look(news: boolean): Promise<void> {
  const before = overview.value.peek();
  const reading = before !== null && !whole(before); // the last step is not known before all is read
  const stay = reading ? before.here : null;
  const found = await overview.ask(path.value, { ...asked.value, step: step.value ?? stay ?? undefined, hi: 0 });
  if (!found) return;
  if (news || reading) steps.peek().renew();
  if (!whole(found)) return look(false);
  if (news || reading) for (const rows of [groups, samples]) rows.peek().renew();
  if (stay !== null && step.peek() === null) await look(false);
}

/** Asks, as long as the tab is open. */
export const following = new Following(() => {
  run.value = id;
  let known = changed.peek() + edited.peek();
  const again = calm(() => void look(true), SOONEST);
  return [
    effect(() => {
      void [asked.value, step.value];
      untracked(() => void look(false));
    }),
    effect(() => {
      for (const rows of [samples.value, groups.value]) rows.want(0, 1); // that they are seen is known later only
    }),
    effect(() => {
      const about = overview.value.value;
      if (about?.steps) steps.value.want(about.at, about.at + 1);
    }),
    effect(() => {
      const news = changed.value + edited.value;
      if (news > known) untracked(again);
      known = news;
    }),
    effect(() => {
      const missing = sample.value && samples.value && untracked(() => at.value === null);
      if (missing) void place.ask(`${path.value}/samples`, { ...among.value, id: sample.value, hi: 0 });
    }),
    follow(one, "/one", () => ({ ...(sample.value ? { ...asked.value, id: sample.value } : among.value), shaded: shading.value ? 1 : undefined })),
    effect(() => {
      const first = samples.value.rows.value.get(0)?.id;
      if (!sample.value && first && one.value.value?.id !== first && !one.waiting) {
        void one.ask(`${path.value}/one`, { ...asked.value, id: first, shaded: shading.peek() ? 1 : undefined });
      }
    }),
    follow(over, "/over", () => prompt.value && { ...asked.value, q: "", prompt: prompt.value }),
    follow(difference, "/diff", () => held.value && current.value && { ...asked.value, q: "", a: held.value, b: current.value }),
    () => [overview, one, over, difference, place].forEach((answer) => answer.drop()),
  ];
});

/** Begins to ask; resolves when there are steps, samples and one to read, or none. */
export async function begin(): Promise<void> {
  following.begin();
  const there = ({ sets }: Overview) => !sets.length || (one.value.value && steps.value.rows.value.size);
  await until(() => overview.problem.value || (overview.value.value && there(overview.value.value)));
}

/** Asks whenever what is asked changes. */
function follow<T>(answer: Answer<T>, part: string, of: () => Params | "" | false) {
  const question = computed(() => JSON.stringify([path.value + part, of()]));
  return effect(() => {
    void edited.value;
    const [address, params] = JSON.parse(question.value) as [string, Params | "" | false];
    untracked(() => (params ? void answer.ask(address, params) : answer.drop()));
  });
}
