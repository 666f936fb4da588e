// The charts of one run.
import { useEffect } from "preact/hooks";
import { CHART_KEYS } from "../charts/actions";
import { Charts } from "../charts/charts";
import { follow } from "../state/keys";

export default function Tab() {
  useEffect(() => follow(CHART_KEYS), []);
  return <Charts />;
}
