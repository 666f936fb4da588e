// The keys, and how a filter is written.
import { followed } from "../state/keys";
import { rooted } from "../state/place";
import { PAGES } from "./bar";
import { Over } from "./over";
import { over } from "./overs";

const NAMES: Record<string, string> = { " ": "space", "Ctrl+k": "Ctrl K", "Ctrl+z": "Ctrl Z", ArrowDown: "↓", ArrowUp: "↑", PageDown: "PgDn", PageUp: "PgUp" };
const EXAMPLES: [string, string][] = [
  ["resnet", "this text in id, path, alias, group, notes or a tag"],
  ["status=failed", "also running, finished, interrupted, crashed"],
  ["lr<1e-3 seed!=0", "config, summary and last values of metrics; both must hold"],
  ["metric.loss.min<.1", "also .max, .last, .count"],
  ["path:cv/** tag:best", "* and ** stand for anything"],
  ["alias~^base", "regular expression"],
  ["since:7d", "also 2h, 30m, 2026-01-31; before:"],
  ["a or not (b c)", "or, not, parentheses"],
];

function nameOf(section: string, key: string): string {
  return section === "Charts" && key === "1" ? "1 … 6" : (NAMES[key] ?? key);
}

export default function Help() {
  const meant = followed.value.filter((one) => followed.value.findLast(({ key }) => key === one.key) === one);
  const sections = [...new Set(meant.map((key) => key.section))];
  return (
    <Over label="Keys" close={() => (over.value = "")}>
      <div class="help" tabIndex={0}>
        {sections.map((section) => (
          <div key={section}>
            <h2>{section}</h2>
            <dl>
              {meant.filter((key) => key.section === section && !(section === "Charts" && /^[2-6]$/.test(key.key))).map(({ key, does }) => (
                <div key={key}>
                  <dt>
                    <kbd>{nameOf(section, key)}</kbd>
                  </dt>
                  <dd>{section === "Charts" && key === "1" ? "so many side by side; again: as many as have room" : does}</dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
        <div>
          <h2>Filter</h2>
          <dl class="examples">
            {EXAMPLES.map(([text, means]) => (
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
      </div>
    </Over>
  );
}
