// The keys below each other, those with little to show side by side; those far from the screen are empty boxes of the same height.
import { useRef } from "preact/hooks";
import { Near } from "../parts/near";
import { own } from "../state/view";
import { isWide, Panel } from "./panel";
import { catalogue, chosen, series, TYPES } from "./store";

const FIRST = 180; // pixels of a key that was not measured yet
const words = own("has");

export function Grid({ run, hidden }: { run: string; hidden: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const shown = chosen.value(run);
  return (
    <div class="keys" ref={scroller} hidden={hidden}>
      {shown.map((told) => (
        <Near key={`${told.type} ${told.key}`} root={scroller} wide={isWide(told)} first={FIRST}>
          <Panel series={series(run, told)} told={told} />
        </Near>
      ))}
      {!shown.length && <Nothing run={run} />}
    </div>
  );
}

function Nothing({ run }: { run: string }) {
  if (catalogue(run)!.keys.some(({ type }) => TYPES.includes(type))) {
    return (
      <div class="nothing">
        No key has <code>{words.value}</code> in its name.
      </div>
    );
  }
  return (
    <div class="nothing">
      <p>This run has no media yet. Images, videos, audio and more are logged like numbers:</p>
      <pre>
        {'run.log({"samples": [rn.Image(array, caption="a cat")]}, step=step)\nrun.log({"weights": rn.Histogram(tensor)}, step=step)'}
      </pre>
    </div>
  );
}
