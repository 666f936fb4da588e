// A line as it is seen.
import { bytes, count } from "../parts/format";
import { pin } from "./choice";
import { toCharts } from "./moments";
import type { Row } from "./rows";
import { piece } from "./piece";
import { newest, parts, shown } from "./text";
import { showStates, showWhole } from "./whole";

const SEVERE = /^(CRITICAL|FATAL|ERROR)$/;

interface LineProps {
  run: string;
  row: Row;
  place: number;
  rows: number;
  pinned: boolean;
}

export function Line({ run, row, place, rows, pinned }: LineProps) {
  const { number, text, size, first, hits } = row;
  const { rank, clock, level, from } = parts(text);
  const { from: start, to, states } = newest(text, from);
  const severity = SEVERE.test(level) ? "error" : /^WARN/.test(level) ? "warning" : "";
  return (
    <div class={`log-line ${severity} ${pinned ? "pinned" : ""}`} role="listitem" aria-setsize={rows} aria-posinset={place + 1}>
      <button class="number" tabIndex={-1} aria-label={`Pin line ${number + 1}`} aria-pressed={pinned} onClick={() => pin(pinned ? null : number)}>
        {count(number + 1)}
      </button>
      <div class="content" style={{ "--head": `${from}ch` }}>
        {clock && (
          <span class="front">
            {rank && `rank ${rank} | `}
            <span class="clock" title="Charts at this time (m)" onClick={() => void toCharts(run, number)}>
              {clock}
            </span>
            <span class="level"> | {level} | </span>
          </span>
        )}
        <span class="message" dir="ltr">
          {shown(text, start, to, hits).map(piece)}
        </span>
      </div>
      {size !== undefined && (
        <button class="more" onClick={() => void showWhole(run, number)}>
          … {bytes(size)}, show
        </button>
      )}
      {states > 1 && (
        <button class="more" title="What was drawn here before" onClick={() => void showStates(number, text.slice(from).split("\r"))}>
          ⟳ {count(states)} states
        </button>
      )}
      {first !== undefined && (
        <button class="more" title="What this bar was before" onClick={() => void showStates(number, null, run, first)}>
          ⟳ {count(number - first + 1)} states
        </button>
      )}
    </div>
  );
}
