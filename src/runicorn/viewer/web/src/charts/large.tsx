// One chart as large as there is room.
import { Icon } from "../parts/icon";
import { change, view } from "../state/view";
import { usual } from "./current";
import { Legend } from "./legend";
import { Panel } from "./panel";

const AROUND = 92; // pixels above and below it

export default function Large({ width, height }: { width: number; height: number }) {
  const metric = view.value.large;
  return (
    <div class="large">
      <button class="plain" onClick={() => change({ large: "" })}>
        <Icon name="close" /> all charts <kbd>Esc</kbd>
      </button>
      <Panel key={metric} metric={metric} width={width} height={Math.max(usual.value, height - AROUND)} side="" />
      <Legend />
    </div>
  );
}
