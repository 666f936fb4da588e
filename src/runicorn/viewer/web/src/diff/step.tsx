// A step that is told of: a click puts the charts' cursor there.
import { count } from "../parts/format";
import { change } from "../state/view";

export function Step({ step }: { step: number }) {
  return (
    <button class="link" title="Show this step in the charts" onClick={() => change({ cursor: step, x: "step", range: null })}>
      {count(step)}
    </button>
  );
}
