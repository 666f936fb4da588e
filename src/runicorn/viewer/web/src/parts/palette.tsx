// Finds runs, metrics and actions by a few letters.
import { useComputed, useSignal } from "@preact/signals";
import { metrics } from "../charts/catalogue";
import { followed } from "../state/keys";
import { rooted } from "../state/place";
import { change } from "../state/view";
import { offers, type Choice } from "./offers";
import { Over } from "./over";

const MOST = 30;
const PAGES = ["artifacts", "alerts", "trash", "settings"];
const COMBOBOX = { role: "combobox", list: undefined, "aria-controls": "choices", "aria-expanded": true } as const;

function all(): Choice[] {
  const actions = followed.value.filter(({ key }) => key.length === 1);
  return [
    ...actions.map(({ does, key, run }) => ({ kind: "action", text: does, key, run })),
    ...PAGES.map((name) => ({ kind: "page", text: name, run: () => location.assign(rooted(`/${name}`)) })),
    ...[...metrics.value.keys()].map((name) => ({ kind: "metric", text: name, run: () => change({ find: name }) })),
    ...offers.value(),
  ];
}

export default function Palette({ close }: { close: () => void }) {
  const text = useSignal("");
  const at = useSignal(0);
  const found = useComputed(() => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    return all().filter((one) => words.every((word) => `${one.kind} ${one.text}`.toLowerCase().includes(word))).slice(0, MOST);
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
          placeholder="a run, a metric, a path, or what to do"
          aria-label="Find"
          value={text.value}
          onInput={(event) => ((text.value = event.currentTarget.value), (at.value = 0))}
          onKeyDown={move}
        />
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
