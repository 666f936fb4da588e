// From a line to the metrics of its time, and from the charts' cursor to the line of that time.
import { signal } from "@preact/signals";
import { cursor } from "../charts/cursor";
import { count, moment } from "../parts/format";
import { told } from "../run/run";
import { get, Refused } from "../server/api";
import { goTo, runPage } from "../state/place";
import { change, view } from "../state/view";
import { asked, pin } from "./choice";

/** What came of the last jump, as a sentence; "" before. */
export const said = signal("");

const began = () => told.peek()?.started_at ?? 0;
const address = (run: string, name: string) => `runs/${encodeURIComponent(run)}/logs/${name}`;

/** Pins the charts' cursor at the time of a line. */
export async function toCharts(run: string, line: number): Promise<void> {
  said.value = await asSaid(async () => {
    const { time, step } = await get<{ time: number | null; step: number | null }>(address(run, "moment"), { ...asked.peek(), line });
    if (time === null) return "This line has no time.";
    const { x } = view.peek();
    if (x !== "time" && x !== "relative" && step === null) return "This run has logged no points, so there is no step of that time.";
    if (x === "time") change({ cursor: time });
    else if (x === "relative") change({ cursor: time - began() });
    else change({ cursor: step, x: "step" });
    return `The charts' cursor is at ${x === "time" || x === "relative" ? moment(time) : `step ${count(step!)}`}.`;
  });
}

/** Opens the text at the charts' cursor. */
export async function toLogs(run: string): Promise<void> {
  said.value = await asSaid(async () => {
    const { x } = view.peek();
    const at = cursor.peek();
    goTo(runPage(run, "logs"));
    if (at === null) return "No cursor is set: click in a chart, or on the time of a line.";
    if (!["step", "time", "relative"].includes(x)) return `The charts are drawn over ${x}, which tells no time.`;
    const when = x === "step" ? { step: Math.round(at) } : { time: x === "time" ? at : at + began() };
    const { line } = await get<{ line: number }>(address(run, "at"), { ...asked.peek(), ...when });
    pin(line);
    return `Line ${count(line + 1)} is the last one that was logged at ${x === "step" ? `step ${count(at)}` : "that time"}.`;
  });
}

async function asSaid(doing: () => Promise<string>): Promise<string> {
  try {
    return await doing();
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}
