// The media that the file holds.
import type { ComponentChildren } from "preact";
import { HeatPicture } from "../media/histogram/picture";
import { count, number, value } from "../parts/format";
import { Markdown } from "../parts/markdown";
import { content, type Picture, type Sample, type Table } from "./told";

export function Pictures({ name, of }: { name: string; of: Picture[] }) {
  return (
    <Keys name={name} of={of}>
      {(some) => (
        <figure class={`pictures ${name}`}>
          <figcaption>{some[0].key}</figcaption>
          {some.map(({ key, step, caption, src }, at) => (
            <div key={at}>
              <img src={src} alt={`${key} at step ${step}`} />
              <span class="muted">{`step ${count(step)}`}</span>
              {caption && <span>{caption}</span>}
            </div>
          ))}
        </figure>
      )}
    </Keys>
  );
}

export function Texts() {
  return (
    <Keys name="texts" of={content.texts}>
      {(some) => (
        <figure class="boxed">
          <figcaption>
            {some[0].key} <span class="muted">{`step ${count(some[0].step)}`}</span>
          </figcaption>
          {some.map(({ text }, at) => (
            <Markdown key={at} text={text} />
          ))}
        </figure>
      )}
    </Keys>
  );
}

export function Histograms() {
  return (
    <Keys name="histograms" of={content.histograms}>
      {([heat]) => (
        <figure class="boxed">
          <figcaption>{heat.key}</figcaption>
          <div class="heat">
            <HeatPicture heat={heat} name={heat.key} step={null} />
          </div>
        </figure>
      )}
    </Keys>
  );
}

export function Tables() {
  return (
    <Keys name="tables" of={content.tables}>
      {([table]) => (
        <figure class="boxed">
          <figcaption>
            {table.key} <span class="muted">{extent(table)}</span>
          </figcaption>
          <Rows table={table} />
        </figure>
      )}
    </Keys>
  );
}

function extent({ step, rows, columns, values }: Table): string {
  const names = Object.keys(values);
  const part = (shown: number, all: number) => (shown < all ? `${count(shown)} of ${count(all)}` : count(all));
  return `step ${count(step)}, ${part(names.length ? values[names[0]].length : 0, rows)} rows, ${part(names.length, columns.length)} columns`;
}

function Rows({ table: { columns, values } }: { table: Table }) {
  const shown = columns.filter(({ name }) => name in values);
  if (!shown.length) return null;
  return (
    <div class="scrolled" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {shown.map(({ name }) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {values[shown[0].name].map((_, row) => (
            <tr key={row}>
              {shown.map(({ name, type }) => (
                <td key={name} class={type}>
                  {cell(values[name][row], type)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A medium is told by its caption. */
function cell(found: unknown, type: string): string {
  if (type === "medium" && found) return String((found as { caption?: string }).caption ?? "[medium]");
  return value(found);
}

export function Samples() {
  return (
    <Keys name="rollouts and traces" of={content.samples}>
      {(some) => (
        <figure class="boxed">
          <figcaption>
            {some[0].key} <span class="muted">{`${count(some.length)} here`}</span>
          </figcaption>
          {some.map((sample, at) => (
            <Talk key={at} sample={sample} />
          ))}
        </figure>
      )}
    </Keys>
  );
}

function Talk({ sample: { stage, step, reward, rewards, messages, more } }: { sample: Sample }) {
  const worths = Object.entries(rewards).map(([name, worth]) => `${name} ${number(worth)}`);
  const talk = messages.filter(({ role }) => role !== "system");
  const ends = [...new Set([talk.at(0), talk.at(-1)])].map((said) => said?.text.slice(0, 120));
  return (
    <details class="talk">
      <summary>
        <b>{reward === null ? "no reward" : `reward ${number(reward)}`}</b>{" "}
        <span class="muted">{[stage, `step ${count(step)}`, ...worths].filter(Boolean).join(" · ")}</span> {ends.join(" → ")}
      </summary>
      {messages.map(({ role, text }, at) => (
        <p key={at}>
          <b>{role}</b> {text}
        </p>
      ))}
      {more > 0 && <p class="muted">{count(more)} more messages are not here.</p>}
    </details>
  );
}

/** A section of media, key by key; nothing where there are none. */
function Keys<T extends { key: string }>({ name, of, children }: { name: string; of: T[]; children: (some: T[]) => ComponentChildren }) {
  if (!of.length) return null;
  const keys = [...new Set(of.map(({ key }) => key))];
  return (
    <section aria-label={name}>
      <h2>
        {name} <span class="amount">{count(of.length)}</span>
      </h2>
      {keys.map((wanted) => children(of.filter(({ key }) => key === wanted)))}
    </section>
  );
}
