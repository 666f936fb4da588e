// What is concluded from the differences.
import type { MetricRow, Row } from "./answers";

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

/** The first step at which metrics differ: one of them, and how many more do there; null where none does. */
export function first(metrics: MetricRow[]): { step: number; name: string; more: number } | null {
  const steps = metrics.flatMap(({ differs_from: step }) => (step === null ? [] : [step]));
  if (!steps.length) return null;
  const step = Math.min(...steps);
  const [{ name }, ...others] = metrics.filter(({ differs_from }) => differs_from === step);
  return { step, name, more: others.length };
}
