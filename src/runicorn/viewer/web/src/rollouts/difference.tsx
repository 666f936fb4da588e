// Two samples, word by word: A is held, B is the one that is read.
import type { ComponentChildren } from "preact";
import { count } from "../parts/format";
import { narrow } from "../state/screen";
import { turnUnified } from "./acts";
import type { Part, Sample } from "./answers";
import { signed, worth } from "./format";
import { unified } from "./state";
import { difference } from "./store";

export default function Difference() {
  const found = difference.value.value;
  const together = unified.value !== "" || narrow.value;
  return (
    <div class="rollout-talk" tabIndex={0} role="region" aria-label="Difference">
      {difference.problem.value && <p class="broken">{difference.problem.value.message}</p>}
      {found && (
        <header class={together ? "rollout-sides" : "rollout-sides rollout-beside"}>
          <Side name="A" of={found.a}>
            <del>only in A</del>
          </Side>
          <Side name="B" of={found.b}>
            <ins>only in B</ins>
            <span class="room" />
            <button class={`switch ${together ? "on" : ""}`} aria-pressed={together} title="Side by side, or in one text (v)" onClick={turnUnified}>
              in one text
            </button>
          </Side>
        </header>
      )}
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

function Side({ name, of: { reward, advantage, step }, children }: { name: string; of: Sample; children: ComponentChildren }) {
  const worths = [reward === null ? "no reward" : `reward ${worth(reward)}`, advantage !== null && `advantage ${signed(advantage)}`];
  return (
    <p>
      <b class="rollout-which">{name}</b> {[...worths, `step ${count(step)}`].filter(Boolean).join(" · ")} {children}
    </p>
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
