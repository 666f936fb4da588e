// The charts of one run.
import { useEffect } from "preact/hooks";
import { CHART_KEYS } from "../charts/actions";
import { Charts } from "../charts/charts";
import { atCursor } from "../logs/keys";
import { follow, type Key } from "../state/keys";
import { change, view } from "../state/view";
import { isPinned, moveTo } from "./cursor";
import { told } from "./run";
import { lastStep } from "./state";

function across(by: number): void {
  change({ across: Math.max(0, Math.min(6, view.peek().across + by)) });
}

/** Where no cursor is pinned yet, the last step is where it is moved from. */
function fromTheEnd(one: Key): Key {
  const run = () => {
    const pinned = isPinned.peek();
    if (!pinned) moveTo(lastStep(told.peek()!), false);
    if (pinned || one.key === ",") one.run();
  };
  return { ...one, run };
}

// Numbers open tabs here, and there are no groups.
const KEYS: Key[] = [
  ...CHART_KEYS.flatMap((one) => {
    if (one.key === "0") return { ...one, key: "r" };
    return /^[\dm]$/.test(one.key) ? [] : /[,.]/.test(one.key) ? fromTheEnd(one) : one;
  }),
  { section: "Charts", key: "}", does: "one more side by side", run: () => across(1) },
  { section: "Charts", key: "{", does: "one less; at last as many as have room", run: () => across(-1) },
];

export default function Tab({ run }: { run: string }) {
  useEffect(() => follow([...KEYS, atCursor(run)]), [run]);
  return <Charts />;
}
