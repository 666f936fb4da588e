// The charts of one run.
import { useEffect } from "preact/hooks";
import { CHART_KEYS } from "../charts/actions";
import { Charts } from "../charts/charts";
import { atCursor } from "../logs/keys";
import { follow, type Key } from "../state/keys";
import { change, view } from "../state/view";

function across(by: number): void {
  change({ across: Math.max(0, Math.min(6, view.peek().across + by)) });
}

// Numbers open tabs here, and there are no groups.
const KEYS: Key[] = [
  ...CHART_KEYS.flatMap((one) => (one.key === "0" ? { ...one, key: "r" } : /^[\dm]$/.test(one.key) ? [] : one)),
  { section: "Charts", key: ">", does: "one more side by side", run: () => across(1) },
  { section: "Charts", key: "<", does: "one less; at last as many as have room", run: () => across(-1) },
];

export default function Tab({ run }: { run: string }) {
  useEffect(() => follow([...KEYS, atCursor(run)]), [run]);
  return <Charts />;
}
