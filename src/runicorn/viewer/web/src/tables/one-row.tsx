// One row with all of its values, texts at full length.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { Over } from "../parts/over";
import { Media, mediaOf, text } from "./cells";
import { inOrder, wholeRow, type Cell, type Column, type Line, type Question } from "./data";

const SIDE = 160;

export function OneRow({ question, place, columns, close }: { question: Question; place: number; columns: Column[]; close: () => void }) {
  const line = useSignal<Line | null>(null);
  useEffect(() => void wholeRow(question, place, columns).then((found) => (line.value = found)), [question, place]);
  const found = line.value;
  return (
    <Over label="One row" close={close}>
      <div class="one-row">
        <header>
          <h2>{found ? `row ${count(found.row)}` : ""}</h2>
          <button class="plain" aria-label="Close" title="Close (Esc)" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        <dl>
          {found &&
            columns.map(({ name }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <Values question={question} line={found} name={name} />
                </dd>
              </div>
            ))}
        </dl>
      </div>
    </Over>
  );
}

function Values({ question, line: { values, other }, name }: { question: Question; line: Line; name: string }) {
  const here = <Whole run={question.run} cell={values[name]} />;
  if (!other || !question.other || JSON.stringify(other[name]) === JSON.stringify(values[name])) return here;
  const [from, to] = inOrder(question, here, <Whole run={question.other.run} cell={other[name]} />);
  return (
    <>
      {from}
      <div class="differs">→ {to}</div>
    </>
  );
}

function Whole({ run, cell }: { run: string; cell: Cell | undefined }) {
  const media = mediaOf(cell);
  if (media.length) return <Media run={run} media={media} side={SIDE} />;
  return (
    <span class="whole">{cell === null ? <span class="muted">missing</span> : typeof cell === "number" ? String(cell) : text(cell)}</span>
  );
}
