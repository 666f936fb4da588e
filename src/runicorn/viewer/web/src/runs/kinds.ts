// What a column of the table shows, by its key: a value that the server has for each run, a picture of a metric over
// steps, or what a metric was where the run was best.

export type Kind =
  | { kind: "value" }
  | { kind: "spark"; metric: string }
  | { kind: "best"; metric: string; of: string; mode: "min" | "max" };

/** Keys whose values are seconds since the epoch. */
export const TIMES = new Set(["created_at", "started_at", "ended_at", "trashed_at", "time"]);

const SPARK = "spark.";
const BEST = /^(.+) @(?:best|(min|max) (.+))$/s;

/** "spark.loss"; "loss @best": at the step where the run's primary metric was best; "loss @min val/loss". */
export function kindOf(key: string): Kind {
  if (key.startsWith(SPARK) && key.length > SPARK.length) return { kind: "spark", metric: key.slice(SPARK.length) };
  const found = BEST.exec(key);
  if (!found) return { kind: "value" };
  return { kind: "best", metric: found[1], of: found[3] ?? "", mode: found[2] === "min" ? "min" : "max" };
}

/** Which of a metric's values a column shows: "last", "best", "max", "min" …; null for columns of anything else. */
export function valueOf(key: string): { metric: string; which: string } | null {
  const kind = kindOf(key);
  if (kind.kind === "best") return kind.of ? null : { metric: kind.metric, which: "best" };
  const found = /^metric\.(.+?)(?:\.(last|min|max|count))?$/s.exec(key);
  return found && { metric: found[1], which: found[2] ?? "last" };
}

/** The key of the column that shows such a value. */
export function keyOf(metric: string, which: string): string {
  return which === "best" ? `${metric} @best` : `metric.${metric}${which === "last" ? "" : `.${which}`}`;
}

/** The key of a metric's picture. */
export function sparkOf(metric: string): string {
  return SPARK + metric;
}

/** Whether the server has it for each run: then it can be sorted, grouped and exported. */
export function isValue(key: string): boolean {
  return kindOf(key).kind === "value";
}

/** A key as it is chosen among others: "val/acc last", "lr". */
export function worded(key: string): string {
  const found = valueOf(key);
  return found ? `${found.metric} ${found.which}` : short(key);
}

/** A key's name without the place it is found in. */
export function short(key: string): string {
  return key.replace(/^(config|summary|metric|spark)\./, "");
}
