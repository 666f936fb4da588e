// What happened while a run went on, below the charts where it happened.
import { toast } from "../parts/toast";
import { change, view } from "../state/view";
import type { Plot } from "./plot";

export interface Flag {
  kind: "alert" | "restart" | "output";
  bad: boolean;
  step: number | null; // null: only the time is known
  time: number;
  began: number | null; // when the run did
  text: string;
}

const APART = 7; // pixels, below which several are one
const TOLD = 6; // of those that are one

/** Puts them below a plot, each with its words. */
export function placeFlags(all: Flag[], plot: Plot, place: HTMLElement, axis: string): void {
  const inside = plot.inside;
  const found = all.flatMap((flag) => {
    const x = placeOf(flag, axis);
    const left = x === null ? null : plot.left(x);
    return left === null ? [] : { flag, left };
  });
  const made: { left: number; flags: Flag[] }[] = [];
  for (const { flag, left } of found.sort((a, b) => a.left - b.left)) {
    const last = made[made.length - 1];
    if (last && left - last.left < APART) last.flags.push(flag);
    else made.push({ left, flags: [flag] });
  }
  const elements = made.map(({ left, flags }) => element(flags, inside.offsetLeft + left, inside.offsetTop + inside.clientHeight));
  place.querySelector(".flags")?.replaceChildren(...elements);
}

function placeOf({ step, time, began }: Flag, axis: string): number | null {
  if (axis === "step") return step;
  if (axis === "time") return time;
  return axis === "relative" && began !== null ? time - began : null;
}

function element(flags: Flag[], left: number, top: number): HTMLElement {
  const made = document.createElement("span");
  const [{ kind }] = flags;
  made.className = `flag of-${kind} ${flags.some(({ bad }) => bad) ? "bad" : ""}`;
  made.style.transform = `translate(${left}px, ${top}px)`;
  const more = flags.length - TOLD;
  made.title = flags.slice(0, TOLD).map(({ text }) => text).join("\n") + (more > 0 ? `\nand ${more} more` : "");
  made.addEventListener("click", () => {
    toast(made.title); // a finger sees no title
    const at = placeOf(flags[0], view.peek().x);
    if (at !== null) change({ cursor: at });
  });
  return made;
}
