// What is concluded from the differences.
import { isTime } from "../ranks/stragglers";
import type { GroupRow } from "../rollouts/answers";
import type { MetricRow, Row, Settings } from "./answers";

/** Names of the environment whose values a launcher makes anew for each run: that they differ tells nothing. */
const ANEW = /\b(MASTER_PORT|TORCHELASTIC_(RUN_ID|ERROR_FILE)|(SLURM|PBS|LSB)_JOB_?ID)$/;

const LEAST = 1; // second that one run takes longer: less is the start of a process
const FAR = 0.1;

export interface Best {
  value: number;
  step: unknown;
}

export interface Judged {
  name: string;
  a: Best;
  b: Best;
  better: "A" | "B" | "";
}

export interface Differing {
  step: number;
  name: string;
  more: number;
}

/** The best values of a primary metric that both have; null where they have none in common. */
export function judged(summary: Row[]): Judged | null {
  const of = (name: string) => summary.find((row) => row.name === `best_metric_${name}`);
  const [name, value, mode, step] = [of("name"), of("value"), of("mode"), of("step")];
  if (!name?.same || typeof name.a !== "string" || !mode?.same) return null;
  if (typeof value?.a !== "number" || typeof value.b !== "number") return null;
  const lead = mode.a === "min" ? value.b - value.a : value.a - value.b;
  const better = lead > 0 ? "A" : lead < 0 ? "B" : "";
  return { name: name.a, a: { value: value.a, step: step?.a }, b: { value: value.b, step: step?.b }, better };
}

/** How long both took, where that differs by much. */
export function unequal({ a: { duration: a }, b: { duration: b } }: Pick<Settings, "a" | "b">): [number, number] | null {
  if (a === null || b === null) return null;
  const off = Math.abs(a - b);
  return off > LEAST && off > FAR * Math.min(a, b) ? [a, b] : null;
}

/** The run that took just so long, where the other went on: two texts of durations may be the same; "": none did. */
export function over({ a, b }: Pick<Settings, "a" | "b">, seconds: number): "A" | "B" | "" {
  if (a.duration === b.duration) return "";
  return a.duration === seconds ? "A" : b.duration === seconds ? "B" : "";
}

/** The first step at which metrics that both log differ: one of them, and how many more do there; null: none does. */
export function first(metrics: MetricRow[]): Differing | null {
  const differing = counting(metrics).filter((row) => !row.ended);
  if (!differing.length) return null;
  const step = Math.min(...differing.map(({ differs_from }) => differs_from!));
  const [{ name }, ...others] = differing.filter(({ differs_from }) => differs_from === step);
  return { step, name, more: others.length };
}

/** Where metrics differ in that those of one run go on: up to which step they are the same, and which run ends; null: not so. */
export function ended(metrics: MetricRow[]): { step: number; side: "A" | "B" } | null {
  if (first(metrics)) return null;
  const [last] = counting(metrics).filter((row) => row.ended).sort((one, other) => other.step! - one.step!);
  return last ? { step: last.step!, side: last.ended === "a" ? "A" : "B" } : null;
}

/** The metrics of both that differ; what tells how long something took does so in any two runs, and counts where nothing else differs. */
function counting(metrics: MetricRow[]): MetricRow[] {
  const differing = metrics.filter(({ step, differs_from }) => step !== null && differs_from !== null);
  const telling = differing.filter(({ name }) => !isTime(name));
  return telling.length ? telling : differing;
}

/** Of two runs whose metrics differ, what neither has kept that may explain it; null: something that is told may. */
export function unexplained({ a, b, config, code, data, environment, ranks }: Settings): string[] | null {
  if ([config, code, data, environment, ranks].flat().some(({ same }) => !same)) return null;
  const captured = a.captured || b.captured;
  const kept = { config: config.length, code: a.snapshot || b.snapshot, git: captured || code.some(({ file }) => !file), packages: captured, data: data.length };
  return Object.entries(kept).flatMap(([name, there]) => (there ? [] : [name]));
}

/** A prompt and what its answers were worth. */
export interface PromptRow extends Row {
  prompt_id: string;
}

/** The prompts that both have, those whose mean rewards differ most first. */
export function paired(mine: GroupRow[], theirs: GroupRow[]): PromptRow[] {
  const others = new Map(theirs.map(({ prompt_id, mean }) => [prompt_id, mean]));
  const found = mine.flatMap(({ prompt_id, prompt, mean: a }) => {
    const b = others.get(prompt_id);
    return a === null || b === null || b === undefined ? [] : [{ name: prompt, prompt_id, a, b, same: a === b }];
  });
  return found.sort((one, other) => Math.abs(other.b - other.a) - Math.abs(one.b - one.a));
}

/** The rows, at the end those that differ in any two runs. */
export function telling<R extends { name: string }>(rows: R[]): R[] {
  return [...rows].sort((one, other) => Number(ANEW.test(one.name)) - Number(ANEW.test(other.name)));
}
