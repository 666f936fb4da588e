// All that keys can do with media.
import type { Key } from "../state/keys";
import { own, setOwn } from "../state/view";
import { moveBy } from "./cursor";
import { moveTo } from "../run/cursor";
import { chosen, series, typesOf } from "./store";

export const SIZES = [72, 128, 224];
const size = own("pictures");
const per = own("per");
const only = own("types");

/** The height of pictures in pixels. */
export function height(): number {
  return SIZES[Number(size.value || 1)] ?? SIZES[1];
}

export function resize(by: number): void {
  const next = Math.max(0, Math.min(SIZES.length - 1, Number(size.peek() || 1) + by));
  setOwn({ pictures: next === 1 ? "" : String(next) }, true);
}

export function turnPer(): void {
  setOwn({ per: per.peek() === "step" ? "" : "step" });
}

/** Goes on to the next type, and behind the last one to all. */
function nextType(run: string): void {
  const all = ["", ...typesOf(run)];
  setOwn({ types: all[(all.indexOf(only.peek()) + 1) % all.length] });
}

export function GRID_KEYS(run: string): Key[] {
  const all = () =>
    chosen
      .peek()(run)
      .map((told) => series(run, told));
  return [
    { section: "Media", key: ",", does: "previous step with media", run: () => void moveBy(all(), -1) },
    { section: "Media", key: ".", does: "next step with media", run: () => void moveBy(all(), 1) },
    { section: "Media", key: "End", does: "the last step of each", run: () => moveTo(null) },
    { section: "Media", key: "t", does: "media of the next type, or all", run: () => nextType(run) },
    { section: "Media", key: "v", does: "pictures over steps, or of one step", run: turnPer },
    { section: "Media", key: "+", does: "larger pictures", run: () => resize(1) },
    { section: "Media", key: "-", does: "smaller pictures", run: () => resize(-1) },
    { section: "Media", key: "/", does: "find keys", run: () => document.getElementById("has")?.focus() },
  ];
}
