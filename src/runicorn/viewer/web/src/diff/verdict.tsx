// Which of the two runs is better, by the primary metric, and from where on.
import { count, number } from "../parts/format";
import type { MetricRow, Row } from "./answers";

interface Props {
  summary: Row[];
  metrics: MetricRow[] | null;
}

export function Verdict({ summary, metrics }: Props) {
  const found = judged(summary);
  if (!found) return null;
  const { name, a, b, better } = found;
  const from = metrics?.find((row) => row.name === name)?.differs_from ?? null;
  return (
    <p class="verdict">
      <b>{better === "" ? "Neither is better" : `${better} is better`}</b> by {name}: A {told(a)}, B {told(b)}
      {better && `, so by ${number(Math.abs(a.value - b.value))}`}.{from !== null && ` They differ from step ${count(from)} on.`}
    </p>
  );
}

interface Best {
  value: number;
  step: unknown;
}

function told({ value, step }: Best): string {
  return typeof step === "number" ? `${number(value)} at step ${count(step)}` : number(value);
}

/** The best values of a primary metric that both have; null where they have none in common. */
export function judged(summary: Row[]): { name: string; a: Best; b: Best; better: "A" | "B" | "" } | null {
  const of = (name: string) => summary.find((row) => row.name === `best_metric_${name}`);
  const [name, value, mode, step] = [of("name"), of("value"), of("mode"), of("step")];
  if (!name?.same || typeof name.a !== "string" || !mode?.same) return null;
  if (typeof value?.a !== "number" || typeof value.b !== "number") return null;
  const lead = mode.a === "min" ? value.b - value.a : value.a - value.b;
  const better = lead > 0 ? "A" : lead < 0 ? "B" : "";
  return { name: name.a, a: { value: value.a, step: step?.a }, b: { value: value.b, step: step?.b }, better };
}
