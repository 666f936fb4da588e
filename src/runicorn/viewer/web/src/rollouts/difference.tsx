// Two samples, word by word: A is held, B is the one that is read.
import { count } from "../parts/format";
import { narrow } from "../state/screen";
import { turnUnified } from "./acts";
import type { Part } from "./answers";
import { unified } from "./state";
import { difference } from "./store";

export default function Difference() {
  const found = difference.value.value;
  const together = unified.value !== "" || narrow.value;
  return (
    <div class="rollout-talk" tabIndex={0} role="region" aria-label="Difference">
      {difference.problem.value && <p class="broken">{difference.problem.value.message}</p>}
      <p class="rollout-sides">
        <b class="rollout-which">A</b> <del>only in what is held</del> <b class="rollout-which">B</b> <ins>only in this one</ins>
        <span class="room" />
        <button class={`switch ${together ? "on" : ""}`} aria-pressed={together} title="Side by side, or in one text (v)" onClick={turnUnified}>
          in one text
        </button>
      </p>
      {found?.messages.map(({ a, b, parts }, at) => (
        <article key={at} class="rollout-message">
          <p class="rollout-role">
            <bdi>{a === b ? a : [a ?? "–", b ?? "–"].join(" → ")}</bdi>
            {parts.every(([kind]) => kind === "=") && a !== null && b !== null && <span class="muted"> the same</span>}
          </p>
          {together ? (
            <Text parts={parts} />
          ) : (
            <div class="rollout-beside">
              <Text parts={parts.filter(([kind]) => kind !== "+")} />
              <Text parts={parts.filter(([kind]) => kind !== "-")} />
            </div>
          )}
        </article>
      ))}
      {found && found.more > 0 && <p class="nothing">{count(found.more)} more messages are not compared.</p>}
    </div>
  );
}

const MARKS = { "=": "span", "-": "del", "+": "ins" } as const;

function Text({ parts }: { parts: Part[] }) {
  return (
    <div class="rollout-text">
      {parts.map(([kind, text], at) => {
        const Mark = MARKS[kind];
        return <Mark key={at}>{text}</Mark>;
      })}
    </div>
  );
}
