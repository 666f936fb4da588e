// What is asked for, as the address changes and as the run goes on.
import { computed, effect, untracked } from "@preact/signals";
import { changed } from "../charts/loader";
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
/** Which samples are listed. */
const among = computed((): Params => ({
  ...asked.value,
  prompt: prompt.value,
  step: every.value ? undefined : (here.value ?? undefined),
  order: order.value === "logged" ? "" : order.value || "-reward",
}));

export const steps = rowsOf<StepRow, Overview>("", () => asked.value);
export const groups = rowsOf<GroupRow, { groups: number }>("/groups", () =>
  here.value === null ? null : { ...asked.value, step: here.value, order: groupOrder.value || "std" },
);
export const samples = rowsOf<SampleRow, { found: number; ends: [number, number] | null }>("/samples", () =>
  here.value === null ? null : among.value,
);

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
export const current = computed(() => sample.value || (samples.value?.rows.value.get(0)?.id ?? ""));

/** The rows of what is asked, made anew when that changes. */
function rowsOf<Row, Head>(part: string, of: () => Params | null) {
  const question = computed(() => JSON.stringify([path.value + part, of()]));
  return computed(() => {
    const [address, params] = JSON.parse(question.value) as [string, Params | null];
    return params && new Rows<Row, Head>(address, params);
  });
}

/** Begins to ask; gives what ends it. */
export function begin(id: string): () => void {
  run.value = id;
  const ask = async () => {
    const before = overview.value.peek();
    const stay = before && before.read < 1 ? before.here : null; // the last step is not known before all is read
    const found = await overview.ask(path.value, { ...asked.value, step: step.value ?? stay ?? undefined, hi: 0 });
    if (!found) return;
    const all = found.read === 1 ? [steps, groups, samples] : [steps];
    for (const rows of all) rows.peek()?.renew();
    if (found.read < 1 || (stay !== null && step.value === null)) await ask();
  };
  const again = calm(() => void ask(), SOONEST);
  const ends = [
    effect(() => {
      void [asked.value, step.value, path.value];
      untracked(() => void ask());
    }),
    effect(() => void (changed.value + edited.value && untracked(again))),
    effect(() => {
      const wanted = sample.value && samples.value && !untracked(() => samples.value?.rows.value.size && at.value !== null);
      if (wanted) void place.ask(`${path.value}/samples`, { ...among.value, id: sample.value, hi: 0 });
    }),
    follow(one, "/one", () => current.value && { ...asked.value, q: "", id: current.value, shaded: shading.value ? 1 : undefined }),
    follow(over, "/over", () => prompt.value && { ...asked.value, q: "", prompt: prompt.value }),
    follow(difference, "/diff", () => held.value && current.value && { ...asked.value, q: "", a: held.value, b: current.value }),
  ];
  return () => {
    ends.forEach((end) => end());
    for (const answer of [overview, one, over, difference, place]) answer.drop();
  };
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
