// What a run keeps in two places is told in one; and of what two runs keep in one place, whether it is the same thing.
import type { Row, Settings } from "./answers";

const GIT = /^git(_info)?\./;
const BEST = /^best_metric_(value|step)$/;

/** Rows of git: a snapshot of the code has them, and the environment; of two, the one that knows more. */
export function git({ code, environment }: Pick<Settings, "code" | "environment">): Row[] {
  const found = new Map<string, Row>();
  for (const row of [...code.filter(({ file }) => !file), ...environment]) {
    if (!GIT.test(row.name)) continue;
    const name = row.name.replace(GIT, "git.");
    const { a, b } = { a: row.a ?? undefined, b: row.b ?? undefined }; // that there is no branch is told as a null
    const other = found.get(name);
    if (known({ a, b }) > known(other ?? {})) found.set(name, { ...row, name, a, b });
  }
  return [...found.values()];
}

export function withoutGit(environment: Row[]): Row[] {
  return environment.filter(({ name }) => !GIT.test(name));
}

/** The summary without the best value where the metric that it is of tells the same. */
export function withoutBest(summary: Row[]): Row[] {
  const primary = summary.find(({ name }) => name === "best_metric_name");
  const own = primary?.same && summary.find(({ name }) => name === primary.a);
  return summary.filter(({ name, a, b }) => !own || name !== "best_metric_value" || a !== own.a || b !== own.b);
}

/** The summary, whose best values and their steps are unlike where they are of different metrics. */
export function likened(summary: Row[]): Row[] {
  const primary = summary.find(({ name }) => name === "best_metric_name");
  return summary.map((row) => (primary && !primary.same && BEST.test(row.name) ? { ...row, unlike: true } : row));
}

function known({ a, b }: Pick<Row, "a" | "b">): number {
  return Number(a !== undefined) + Number(b !== undefined);
}
