// What happened while the run went on: alerts, restarts and outputs.
import type { Flag } from "../charts/flags";
import { count } from "../parts/format";
import type { Told, Writer } from "./run";

type Happened = Omit<Flag, "began">;

export function flagsOf({ alerts, writers, outputs, started_at: began }: Pick<Told, "alerts" | "writers" | "outputs" | "started_at">): Flag[] {
  const raised = alerts.map(({ level, title, text, step, time }): Happened => {
    const words = [title, text].filter(Boolean).join(": ");
    return { kind: "alert", bad: level === "error", step, time, text: `${level} at step ${step ?? "?"}: ${words}` };
  });
  const archived = outputs.flatMap(({ key, archived_at: time, step = null }): Happened[] =>
    time ? [{ kind: "output", bad: false, step, time, text: `archived ${key}${step === null ? "" : ` at step ${count(step)}`}` }] : [],
  );
  return [...raised, ...restarts(writers), ...archived].map((one) => ({ ...one, began }));
}

/** Where a process of the lowest rank followed another one: the job was restarted, or the run resumed. */
function restarts(writers: Writer[]): Happened[] {
  const lowest = Math.min(...writers.map(({ rank }) => rank ?? 0));
  const those = writers.filter(({ rank, forked }) => (rank ?? 0) === lowest && !forked).sort((a, b) => a.started - b.started);
  return those.slice(1).map((writer, at): Happened => {
    const { last_step: step, status } = those[at];
    const words = step === null ? "" : `, which came to step ${count(step)}`;
    return { kind: "restart", bad: status !== "finished", step, time: writer.started, text: `went on in another process; the one before ${status}${words}` };
  });
}
