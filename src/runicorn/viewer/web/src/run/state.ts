// How a run goes, in words that a person understands.
import { ago, count, duration } from "../parts/format";
import { isSilent } from "../parts/silence";
import type { Told } from "./run";

/** How far a run is, where its config says how far it goes. */
export interface Progress {
  step: number;
  total: number;
  part: number; // 0 … 1
  left: number | null; // seconds, while it runs
}

/** The greatest step that any of its processes has logged; null before the first. */
export function lastStep({ writers }: Pick<Told, "writers">): number | null {
  return writers.reduce<number | null>((most, { last_step: step }) => (step === null ? most : Math.max(most ?? step, step)), null);
}

/** Until when it is known that a run goes on. */
export function lastHeard(now: number, heard: number | null): number {
  return isSilent(heard) ? now - heard! : now;
}

/** Seconds that a run took, or has taken so far. */
export function passed({ started_at, ended_at }: Pick<Told, "started_at" | "ended_at">, now: number): number {
  return started_at === null ? NaN : Math.max(0, (ended_at ?? now) - started_at);
}

/** What is said behind the word for its status; `heard`: seconds since it was heard of. */
export function sentence(run: Told, now: number, heard: number | null): string {
  const step = lastStep(run);
  if (run.status === "running") {
    if (isSilent(heard)) return `but not heard of for ${duration(heard!)}: its machine may be gone, asleep, or its clock wrong`;
    return step === null ? "nothing logged yet" : `step ${count(step)}`;
  }
  if (run.status === "finished") return `in ${duration(passed(run, now))}`;
  const reason = (run.exit_reason ?? "").replace(/^the process failed with /, "").replace(/^the process /, "its process ").replace(/\.(?= at step \d+$)/, "");
  return [reason, run.ended_at ? `${run.status === "crashed" ? "last heard" : "ended"} ${ago(run.ended_at, now)}` : ""].filter(Boolean).join("; ");
}

/** The word and the sentence: "failed: ValueError: …", "running, step 300", "finished in 3m". */
export function joined(status: string, said: string): string {
  if (!said) return status;
  if (status === "finished") return `${status} ${said}`;
  return status === "running" ? `${status}, ${said}` : `${status}: ${said}`;
}

/** Only with `config.total_steps`; the rest is told from the mean so far, as far as it was heard of. */
export function progress(run: Told, now: number, heard: number | null = null): Progress | null {
  const total = run.config.total_steps;
  const step = lastStep(run);
  if (typeof total !== "number" || !(total > 0) || step === null || run.status === "finished") return null;
  const part = Math.min(1, Math.max(0, step / total));
  const left = run.status === "running" && step > 0 ? passed(run, lastHeard(now, heard)) * (1 / part - 1) : null;
  return { step, total, part, left };
}
