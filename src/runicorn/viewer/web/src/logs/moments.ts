// From a line to the metrics of its time, and from the charts' cursor to the line of that time.
import { effect, signal } from "@preact/signals";
import { cursor } from "../charts/cursor";
import { count, moment } from "../parts/format";
import { isOfTime } from "../run/cursor";
import { told } from "../run/run";
import { get, Refused } from "../server/api";
import { goTo, runPage } from "../state/place";
import { change, part, view } from "../state/view";
import { asked, pin } from "./choice";

/** What came of the last jump, as a sentence; "" before. */
export const said = signal("");

const pinned = part((view) => view.cursor);
const began = () => told.peek()?.started_at ?? 0;
const address = (run: string, name: string) => `runs/${encodeURIComponent(run)}/logs/${name}`;

/** The place of the cursor that the pinned line stands for: who opens an address with both means the line. */
let stoodFor = view.peek().own.line ? view.peek().cursor : null;

/** Pins the charts' cursor at the time of a line. */
export async function toCharts(run: string, line: number): Promise<void> {
  said.value = await asSaid(async () => {
    const { time, step } = await get<{ time: number | null; step: number | null }>(address(run, "moment"), { ...asked.peek(), line });
    if (time === null) return "This line has no time.";
    const { x } = view.peek();
    const isTime = x === "time" || x === "relative";
    if (!isTime && step === null) return "This run has logged no points, so there is no step of that time.";
    stoodFor = x === "time" ? time : x === "relative" ? time - began() : step;
    change(isTime ? { cursor: stoodFor } : { cursor: stoodFor, x: "step" });
    return `The charts' cursor is at ${isTime ? moment(time) : `step ${count(step!)}`}.`;
  });
}

/** Opens the text at the charts' cursor. */
export function toLogs(run: string): void {
  stoodFor = cursor.peek();
  goTo(runPage(run, "logs"));
  void toLine(run, stoodFor);
}

/** Begins to pin the line of the time at which the cursor is pinned; gives what ends it. */
export function follow(run: string): () => void {
  return effect(() => {
    const at = pinned.value;
    if (at === null || at === stoodFor) return;
    stoodFor = at;
    void toLine(run, at);
  });
}

async function toLine(run: string, at: number | null): Promise<void> {
  const { x } = view.peek();
  const found = await asSaid(async () => {
    if (at === null) return "No cursor is set: click in a chart, or on the time of a line.";
    if (!isOfTime(x)) return `The charts are drawn over ${x}, which tells no time.`;
    const when = x === "step" ? { step: Math.round(at) } : { time: x === "time" ? at : at + began() };
    const { line } = await get<{ line: number | null }>(address(run, "at"), { ...asked.peek(), ...when });
    if (at !== stoodFor) return said.peek(); // it has moved on
    pin(line);
    const then = x === "step" ? `step ${count(at)}` : "that time";
    return line === null ? `No line was logged at ${then} or before.` : `Line ${count(line + 1)} is the last one that was logged at ${then}.`;
  });
  said.value = found;
}

async function asSaid(doing: () => Promise<string>): Promise<string> {
  try {
    return await doing();
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}
