// Finds runs, metrics and actions by a few letters.
import { useComputed, useSignal } from "@preact/signals";
import { metrics } from "../charts/catalogue";
import { zoom } from "../charts/zoom";
import { followed } from "../state/keys";
import { rooted } from "../state/place";
import { change, view } from "../state/view";
import { learnRoots, roots } from "./any-root";
import { PAGES } from "./bar";
import { count } from "./format";
import { offers, type Choice } from "./offers";
import { Over } from "./over";

const MOST = 30;
/** What a page is looked for as, where its name does not say what it has. */
const WORDS: Record<string, string> = { Host: "Host: this machine, the daemon, disks" };
const COMBOBOX = { role: "combobox", list: undefined, "aria-controls": "choices", "aria-expanded": true } as const;

function all(): Choice[] {
  const actions = followed.value.filter(({ key }) => key.length === 1);
  return [
    ...actions.map(({ does, key, run }) => ({ kind: "action", text: does, key, run })),
    ...PAGES.map(([name]) => ({ kind: "page", text: WORDS[name] ?? name, run: () => location.assign(rooted(`/${name.toLowerCase()}`)) })),
    ...[...metrics.value.keys()].map((name) => ({ kind: "metric", text: name, run: () => change({ find: name }) })),
    ...(roots.value.length > 1 ? roots.value : []).map((root, number) => ({ kind: "root", text: root, run: () => location.assign(number ? `/?root=${number}` : "/") })),
    ...offers.value(),
  ];
}

/** "100..200", or "steps 100..200", draws this part of x. */
function range(text: string): Choice[] {
  const [, from, to] = /^\s*(?:steps?\s+)?(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)\s*$/i.exec(text) ?? [];
  const [lo, hi] = [Number(from), Number(to)];
  return lo < hi ? [{ kind: "zoom", text: `x from ${lo} to ${hi}`, run: () => zoom([lo, hi]) }] : [];
}

/** "step 75" puts the cursor there. */
function cursor(text: string): Choice[] {
  const [, step] = /^\s*step\s+([\d,]+)\s*$/i.exec(text) ?? [];
  const there = Number(step?.replaceAll(",", ""));
  const onSteps = view.peek().x === "step" ? {} : { x: "step", range: null };
  return step ? [{ kind: "cursor", text: `at step ${count(there)}`, run: () => change({ cursor: there, ...onSteps }) }] : [];
}

export default function Palette({ close }: { close: () => void }) {
  learnRoots();
  const text = useSignal("");
  const at = useSignal(0);
  const found = useComputed(() => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const meant = all().filter((one) => words.every((word) => `${one.kind} ${one.text}`.toLowerCase().includes(word)));
    const whole = (one: Choice) => Number(one.text.toLowerCase() === text.value.trim().toLowerCase());
    return [...range(text.value), ...cursor(text.value), ...meant.sort((a, b) => whole(b) - whole(a))].slice(0, MOST);
  });
  const choose = (choice: Choice | undefined) => {
    close();
    choice?.run();
  };
  const move = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) at.value = Math.max(0, Math.min(found.value.length - 1, at.value + by));
    else if (event.key === "Enter") choose(found.value[at.value]);
    else return;
    event.preventDefault();
  };
  return (
    <Over label="Find" close={close}>
      <div class="palette">
        <input
          type="text"
          autofocus
          {...COMBOBOX}
          aria-activedescendant={`choice-${at.value}`}
          placeholder="a run, a metric, a path, step 75, steps 100..200, or what to do"
          aria-label="Find"
          value={text.value}
          onInput={(event) => ((text.value = event.currentTarget.value), (at.value = 0))}
          onKeyDown={move}
        />
        {!found.value.length && <p class="muted">Nothing has all of these words in its name.</p>}
        <ul id="choices" role="listbox" aria-label="What was found">
          {found.value.map((choice, place) => (
            <li key={`${choice.kind} ${choice.text}`} id={`choice-${place}`} role="option" aria-selected={place === at.value} onClick={() => choose(choice)}>
              <span class="muted">{choice.kind}</span>
              <span class="text">{choice.text}</span>
              {choice.key && <kbd>{choice.key === " " ? "space" : choice.key}</kbd>}
            </li>
          ))}
        </ul>
      </div>
    </Over>
  );
}
