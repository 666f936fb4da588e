// The spans of a trace as a tree, each with its time; without times it is a tree.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count, duration } from "../parts/format";
import { get } from "../server/api";
import type { Span, Spans } from "./answers";
import { Answer } from "./asking";
import { asked, path } from "./state";

const LEAST = 0.4; // percent of the width that a bar has at least
const FIRST = 500; // spans that are drawn at once

export default function Waterfall({ id }: { id: string }) {
  const answer = useSignal(new Answer<Spans>()).value;
  const opened = useSignal<number | null>(null);
  const shown = useSignal(FIRST);
  useEffect(() => {
    [opened.value, shown.value] = [null, FIRST];
    void answer.ask(`${path.value}/spans`, { ...asked.value, q: "", id });
  }, [id]);
  const found = answer.value.value;
  if (!found) return answer.problem.value && <p class="broken">{answer.problem.value.message}</p>;
  const timed = found.seconds !== null;
  return (
    <div class="rollout-talk" tabIndex={0} role="region" aria-label="Spans">
      <p class="muted">
        {count(found.count)} spans{timed && ` in ${duration(found.seconds!)}`}
        {found.count > found.spans.length && `, the first ${count(found.spans.length)}`}
      </p>
      <ul class="rollout-spans">
        {found.spans.slice(0, shown.value).map((span) => (
          <li key={span.place}>
            <button
              class={`plain rollout-span ${span.error ? "failed" : ""}`}
              aria-expanded={opened.value === span.place}
              onClick={() => (opened.value = opened.value === span.place ? null : span.place)}
            >
              <span class="text" style={{ paddingLeft: `${Math.min(span.depth, 30) * 12}px` }}>
                <bdi>{span.name}</bdi>
                <span class="amount"> {[span.kind, span.model].filter(Boolean).join(" · ")}</span>
              </span>
              {timed && <Bar span={span} all={found.seconds!} />}
              <span class="rollout-took">
                {span.error && <b>failed </b>}
                {span.seconds === null ? "" : duration(span.seconds)}
              </span>
            </button>
            {opened.value === span.place && <Said id={id} place={span.place} />}
          </li>
        ))}
      </ul>
      {found.spans.length > shown.value && (
        <button class="link" onClick={() => (shown.value += FIRST)}>
          {count(found.spans.length - shown.value)} more spans
        </button>
      )}
    </div>
  );
}

function Bar({ span: { start, seconds }, all }: { span: Span; all: number }) {
  const left = start === null || !all ? 0 : (100 * start) / all;
  const width = seconds === null || !all ? LEAST : Math.max(LEAST, (100 * seconds) / all);
  return <span class="rollout-time">{start !== null && <i style={{ left: `${Math.min(left, 100 - LEAST)}%`, width: `${width}%` }} />}</span>;
}

/** All that a span says. */
function Said({ id, place }: { id: string; place: number }) {
  const said = useSignal<[string, string][] | null>(null);
  useEffect(() => {
    const params = { ...asked.value, q: "", id, n: place };
    get<{ said: [string, string][] }>(`${path.value}/spans`, params).then(
      (found) => (said.value = found.said),
      () => (said.value = [["error", "It cannot be read."]]),
    );
  }, [id, place]);
  return (
    <dl class="rollout-fields">
      {said.value?.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <pre>{text}</pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}
