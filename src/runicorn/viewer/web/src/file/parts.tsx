// What else the file holds: which ranks lag behind, text, and what came out.
import { useSignal } from "@preact/signals";
import { bytes, count, moment } from "../parts/format";
import { piece } from "../logs/piece";
import { newest, parts, shown } from "../logs/text";
import { Furthest } from "../ranks/furthest";
import { stragglers } from "../ranks/stragglers";
import { byRank, content } from "./told";

const FURTHEST = 8;

export function Ranks() {
  const found = byRank();
  if (!found) return null;
  const about = found.x1[0] > found.x0[0] ? "about " : ""; // in a bin that begins there
  return (
    <section aria-label="Ranks">
      <h2>
        ranks <span class="amount">{count(found.ranks.length)}</span>
      </h2>
      <div class="slowest">
        <Furthest metric={found.metric} furthest={stragglers(found).slice(0, FURTHEST)} since={(_, step) => <span>since {about}step {count(step)}</span>} />
      </div>
    </section>
  );
}

export function Text() {
  const find = useSignal("");
  if (!content.text.length) return null;
  const words = find.value.toLowerCase();
  return (
    <section id="text" aria-label="Text">
      <h2>
        text
        <input type="search" placeholder="only lines with" aria-label="Only lines with" value={find.value} onInput={(event) => (find.value = event.currentTarget.value)} />
      </h2>
      {content.text.map(({ host, lines }) => (
        <div key={host}>
          {content.text.length > 1 && <h3>{host}</h3>}
          <div class="lines" tabIndex={0} role="log">
            {lines.filter((line) => !words || line.toLowerCase().includes(words)).map((line, at) => (
              <Line key={at} text={line} />
            ))}
          </div>
        </div>
      ))}
    </section>
  );
}

function Line({ text }: { text: string }) {
  const { clock, level, from } = parts(text);
  const { from: start, to } = newest(text, from);
  const severity = /^(CRITICAL|FATAL|ERROR)$/.test(level) ? "error" : /^WARN/.test(level) ? "warning" : "";
  return (
    <div class={severity}>
      {clock && <span class="muted">{`${clock} `}</span>}
      <span dir="ltr">{shown(text, start, to).map(piece)}</span>
    </div>
  );
}

export function Events() {
  const { alerts, outputs } = content.run;
  if (!alerts.length && !outputs.length) return null;
  return (
    <section id="events" aria-label="Events">
      <h2>alerts and outputs</h2>
      <table>
        <tbody>
          {alerts.map(({ time, level, title, text, step }, at) => (
            <tr key={at}>
              <td class="muted">{moment(time)}</td>
              <td>{level}</td>
              <td>{[title, text].filter(Boolean).join(": ")}</td>
              <td class="muted">{step === null ? "" : `step ${count(step)}`}</td>
            </tr>
          ))}
          {outputs.map(({ key, archived_at: time, size_bytes: size }) => (
            <tr key={`${key} ${time}`}>
              <td class="muted">{time ? moment(time) : ""}</td>
              <td>output</td>
              <td>{key}</td>
              <td class="muted">{size === undefined ? "" : bytes(size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
