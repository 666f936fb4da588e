// The charts of one run.
import { useEffect } from "preact/hooks";
import { CHART_KEYS } from "../charts/actions";
import { Charts } from "../charts/charts";
import { atCursor } from "../logs/keys";
import { follow } from "../state/keys";

export default function Tab({ run }: { run: string }) {
  useEffect(() => follow([...CHART_KEYS, atCursor(run)]), [run]);
  return <Charts />;
}
