// A line as it is seen.
import type { CSSProperties, JSX } from "preact";
import { bytes, count } from "../parts/format";
import { scheme } from "../state/theme";
import type { Look } from "./ansi";
import { pin } from "./choice";
import { css, legible, mixed, type Rgb } from "./colour";
import { toCharts } from "./moments";
import type { Row } from "./rows";
import { newest, parts, shown, type Shown } from "./text";
import { showStates, showWhole } from "./whole";

const PAPER: Record<string, { text: Rgb; ground: Rgb }> = {
  light: { text: [28, 30, 33], ground: [255, 255, 255] },
  dark: { text: [228, 230, 233], ground: [26, 29, 33] },
};
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

export function piece({ text, look, hit }: Shown): JSX.Element | string {
  const style = styled(look);
  if (hit) return <mark style={style}>{text}</mark>;
  return style ? <span style={style}>{text}</span> : text;
}

/** The look as CSS, with colours that are legible on this page. */
function styled(look: Look): CSSProperties | undefined {
  if (!Object.keys(look).length) return undefined;
  const paper = PAPER[scheme.value];
  let [colour, ground] = [look.colour, look.ground];
  if (look.inverse) [colour, ground] = [ground ?? paper.ground, colour ?? paper.text];
  if (look.dim) colour = mixed(colour ?? paper.text, ground ?? paper.ground, 0.4);
  if (ground && !colour) colour = paper.text;
  const lines = [look.underline && "underline", look.strike && "line-through"].filter(Boolean).join(" ");
  return {
    color: colour && css(legible(colour, ground ?? paper.ground)),
    backgroundColor: ground && css(ground),
    fontWeight: look.bold ? 700 : undefined,
    fontStyle: look.italic ? "italic" : undefined,
    textDecoration: lines || undefined,
  };
}
