// One row with all of its values, texts at full length.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count } from "../parts/format";
import { Over } from "../parts/over";
import { Media, mediaOf, text } from "./cells";
import { wholeRow, type Cell, type Column, type Line, type Question } from "./data";

const SIDE = 160;

export function OneRow({ question, place, columns, close }: { question: Question; place: number; columns: Column[]; close: () => void }) {
  const line = useSignal<Line | null>(null);
  useEffect(() => void wholeRow(question, place, columns).then((found) => (line.value = found)), [question, place]);
  const found = line.value;
  return (
    <Over label="One row" close={close}>
      <div class="one-row">
        <h2>{found ? `row ${count(found.row)}` : ""}</h2>
        <dl>
          {found &&
            columns.map(({ name }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <Whole run={question.run} cell={found.values[name]} />
                  {found.other && question.other && JSON.stringify(found.other[name]) !== JSON.stringify(found.values[name]) && (
                    <div class="differs">
                      → <Whole run={question.other.run} cell={found.other[name]} />
                    </div>
                  )}
                </dd>
              </div>
            ))}
        </dl>
      </div>
    </Over>
  );
}

function Whole({ run, cell }: { run: string; cell: Cell | undefined }) {
  const media = mediaOf(cell);
  if (media.length) return <Media run={run} media={media} side={SIDE} />;
  return (
    <span class="whole">{cell === null ? <span class="muted">missing</span> : typeof cell === "number" ? String(cell) : text(cell)}</span>
  );
}
