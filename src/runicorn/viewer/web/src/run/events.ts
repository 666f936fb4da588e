// What happened while the run went on: alerts, restarts and outputs.
import type { Flag } from "../charts/flags";
import { count } from "../parts/format";
import type { Told, Writer } from "./run";

export function flagsOf({ alerts, writers, outputs }: Pick<Told, "alerts" | "writers" | "outputs">): Flag[] {
  const raised = alerts.map(({ level, title, text, step, time }): Flag => {
    const words = [title, text].filter(Boolean).join(": ");
    return { kind: "alert", bad: level === "error", step, time, text: `${level} at step ${step ?? "?"}: ${words}` };
  });
  const archived = outputs.flatMap(({ key, archived_at: time }): Flag[] =>
    time ? [{ kind: "output", bad: false, step: null, time, text: `archived ${key}` }] : [],
  );
  return [...raised, ...restarts(writers), ...archived];
}

/** Where a process of the lowest rank followed another one: the job was restarted, or the run resumed. */
function restarts(writers: Writer[]): Flag[] {
  const lowest = Math.min(...writers.map(({ rank }) => rank ?? 0));
  const those = writers.filter(({ rank, forked }) => (rank ?? 0) === lowest && !forked).sort((a, b) => a.started - b.started);
  return those.slice(1).map((writer, at): Flag => {
    const { last_step: step, status } = those[at];
    const words = step === null ? "" : `, which came to step ${count(step)}`;
    return { kind: "restart", bad: status !== "finished", step, time: writer.started, text: `went on in another process; the one before ${status}${words}` };
  });
}
