// What keys do while one medium is seen alone.
import type { Key } from "../../state/keys";
import { own, setOwn } from "../../state/view";
import { moveBy } from "../cursor";
import { moveTo, step as cursor } from "../../run/cursor";
import { close } from "../open";
import type { Series } from "../series";
import { compared, hold, nextKind, nextMode, place } from "./second";
import { toggle } from "./players";
import { zoomBy, zoomTo } from "./stage";

const GAINS = ["", "4", "16"];
const gain = own("gain");

/** Turns to another one of those that a step has. */
export function item(count: number, by: number): void {
  const next = Math.max(0, Math.min(count - 1, place() + by));
  setOwn({ i: next ? String(next) : "" }, true);
}

export function LARGE_KEYS(series: Series): Key[] {
  const section = "One medium";
  const row = () => {
    const at = series.place(cursor.peek());
    return at === undefined ? undefined : series.full(at);
  };
  return [
    { section, key: "Escape", does: "all media again", run: close },
    { section, key: ",", does: "previous step", run: () => void moveBy([series], -1) },
    { section, key: ".", does: "next step", run: () => void moveBy([series], 1) },
    { section, key: "ArrowLeft", does: "the one before it in its list", run: () => item(row()?.count ?? 1, -1) },
    { section, key: "ArrowRight", does: "the next in its list", run: () => item(row()?.count ?? 1, 1) },
    { section, key: "b", does: "hold this step as B, or compare no longer", run: () => hold(row()?.step) },
    { section, key: "B", does: "compare with a step, one of its list, a key, a run", run: () => nextKind(series, row()?.count ?? 1) },
    { section, key: "x", does: "exchange A and B", run: () => exchange(series, row()?.step) },
    { section, key: "c", does: "side by side, wipe, flicker, difference", run: nextMode },
    {
      section,
      key: "g",
      does: "differences 4 or 16 times as strong",
      run: () => setOwn({ gain: GAINS[(GAINS.indexOf(gain.peek()) + 1) % GAINS.length] }, true),
    },
    { section, key: "+", does: "zoom in", run: () => zoomBy(1) },
    { section, key: "-", does: "zoom out", run: () => zoomBy(-1) },
    { section, key: "f", does: "all of the picture", run: () => zoomTo(null) },
    { section, key: "z", does: "a pixel of the screen for each of the picture", run: () => zoomTo(1) },
    { section, key: " ", does: "play or pause both", run: toggle },
  ];
}

/** One of another run has no place in this one's address. */
function exchange({ told: { type, key } }: Series, step: number | undefined): void {
  const { kind, what } = compared();
  if (kind === "item") setOwn({ i: what === "0" ? "" : what, b: `item:${place()}` }, true);
  if (kind === "key") setOwn({ medium: `${type}:${what}`, b: `key:${key}` }, true);
  if (kind !== "step" || step === undefined) return;
  setOwn({ b: `step:${step}` }, true);
  moveTo(Number(what));
}
