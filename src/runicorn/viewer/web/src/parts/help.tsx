// The keys, and how a filter is written.
import { followed, type Key } from "../state/keys";
import { rooted } from "../state/place";
import { PAGES } from "./bar";
import { Icon } from "./icon";
import { Over } from "./over";
import { over } from "./overs";

const NAMES: Record<string, string> = {
  " ": "space", "Ctrl+k": "Ctrl K", "Ctrl+z": "Ctrl Z", PageDown: "PgDn", PageUp: "PgUp",
  ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→",
}; // prettier-ignore

const RUNS: [string, string][] = [
  ["resnet", "this text in id, path, alias, group, notes or a tag"],
  ["status=failed", "also running, finished, interrupted, crashed"],
  ["lr<1e-3 seed!=0", "config, summary and last values of metrics; both must hold"],
  ["metric.loss.min<.1", "also .max, .last, .count"],
  ["path:cv/** tag:best", "* and ** stand for anything"],
  ["alias~^base", "regular expression"],
  ["since:7d", "also 2h, 30m, 2026-01-31; before:"],
  ["a or not (b c)", "or, not, parentheses"],
];
/** Of each section that has a filter, how that is written. */
const FILTERS: Record<string, [string, string][]> = {
  Runs: RUNS,
  Alerts: RUNS,
  Tables: [
    ["sum", "this text in a text of the row, or in the caption of a medium"],
    ['"8 + 9"', "this text with its spaces; without quotes all three words, anywhere"],
    ["correct<1 score>=.5", "columns by their names; both must hold"],
    ["label=cat label:*fish", "a column's value; * stands for anything"],
    ["question~colou?r", "regular expression, in which + * ? . ( ) mean something else: 8 \\+ 9"],
    ['a or not ("a column"=1)', "or, not, parentheses; quotes around names with spaces"],
  ],
  Rollouts: [
    ["sorry", "this text in the prompt or in what was said"],
    ['"8 + 9"', "this text with its spaces; without quotes all three words, anywhere"],
    ['prompt:"*8 + 9*"', "the prompt alone; * stands for anything"],
    ["reward<.2 len>900", "also advantage, messages, spans; both must hold"],
    ["reward.correct=1", "the reward of this name"],
    ["truncated=true flag=true", "cut off; flagged"],
    ["text~colou?r", "regular expression, in which + * ? . ( ) mean something else: 8 \\+ 9"],
    ["a or not (b c)", "or, not, parentheses"],
  ],
};

export default function Help() {
  const meant = followed.value.filter((one) => followed.value.findLast(({ key }) => key === one.key) === one);
  const sections = [...new Set(meant.map((key) => key.section))];
  const examples = sections.flatMap((section) => FILTERS[section] ?? []);
  const close = () => (over.value = "");
  return (
    <Over label="Keys" close={close}>
      <div class="help" tabIndex={0}>
        <button class="plain close" aria-label="Close" title="Close (Escape)" onClick={close}>
          <Icon name="close" />
        </button>
        <div class="touch">
          <h2>Touch</h2>
          <p>Tap in a chart: pin the cursor; on ⋯ beside its name: its menu. A run&apos;s box marks it, the line above draws it or not. What keys do, “find” does, too.</p>
        </div>
        <div class="help-columns">
          {sections.map((section) => (
            <Section key={section} name={section} keys={meant.filter((key) => key.section === section)} />
          ))}
        </div>
        {examples.length > 0 && <h2>Filter</h2>}
        <dl class="examples">
          {examples.map(([text, means]) => (
            <div key={text}>
              <dt>
                <code>{text}</code>
              </dt>
              <dd>{means}</dd>
            </div>
          ))}
        </dl>
        <h2>Pages</h2>
        <p>
          {PAGES.map(([name]) => (
            <a key={name} href={rooted(`/${name.toLowerCase()}`)}>
              {name}
            </a>
          ))}
        </p>
        <h2>Mouse</h2>
        <p>Drag in a chart: zoom all; with Alt this one only; with Shift: move. Ctrl and the wheel zoom, too. Double click: all of x; on a chart&apos;s name: it alone. Click: pin the cursor. Right click on its name: its menu. Click on a column: sort; with shift: by one more.</p>
      </div>
    </Over>
  );
}

function Section({ name, keys }: { name: string; keys: Key[] }) {
  const across = name === "Charts"; // 1 … 6 are one line
  return (
    <div>
      <h2>{name}</h2>
      <dl>
        {keys.filter(({ key }) => !(across && /^[2-6]$/.test(key))).map(({ key, does }) => (
          <div key={key}>
            <dt>
              <kbd>{across && key === "1" ? "1 … 6" : (NAMES[key] ?? key)}</kbd>
            </dt>
            <dd>{across && key === "1" ? "so many side by side; again: as many as have room" : does}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
