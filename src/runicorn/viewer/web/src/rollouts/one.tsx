// The right pane: one sample, as a conversation, as spans, or beside another one.
import { count, moment } from "../parts/format";
import { later } from "../parts/later";
import { setOwn } from "../state/view";
import { flag, hold, turnMarkdown, turnSpans } from "./acts";
import type { Whole } from "./answers";
import { between, signed, worth } from "./format";
import { Conversation } from "./conversation";
import { held, markdown, shade, shading, show, view } from "./state";
import { current, one, overview } from "./store";

const Waterfall = later(() => import("./waterfall"));
const Difference = later(() => import("./difference"));

export function One() {
  const found = overview.value.value?.found === 0 ? null : one.value.value;
  return (
    <section class="rollout-one" aria-label="Sample">
      <button class="plain rollout-back" onClick={() => show("samples")}>
        ‹ samples
      </button>
      {one.problem.value && <p class="broken">{one.problem.value.message}</p>}
      {found && current.value && (
        <>
          <Head found={found} />
          {found.error && <p class="broken">{found.error}</p>}
          {held.value && held.value !== found.id ? (
            <Difference />
          ) : view.value === "spans" && found.spans > 0 ? (
            <Waterfall id={found.id} />
          ) : (
            <Conversation key={found.id} found={found} />
          )}
        </>
      )}
    </section>
  );
}

function Head({ found }: { found: Whole }) {
  const { reward, rewards, advantage, length, unit, truncated, step, stage, rank, time, name, flagged, spans } = found;
  const shades = [...new Set(found.messages.flatMap((message) => message.shades))];
  const named = Object.entries(rewards).filter(([title, value]) => !(title === "total" && value === reward));
  return (
    <header class="rollout-about">
      <div class="rollout-rewards">
        {reward === null ? <span class="muted">no reward</span> : <b>reward {worth(reward)}</b>}
        {named.map(([title, value]) => (
          <span key={title} class="rollout-part" title={`${title} ${String(value)}`}>
            <bdi class="text">{title}</bdi> {typeof value === "number" ? worth(value) : worth(String(value).slice(0, 40))}
            <i style={{ width: `${typeof value === "number" ? 100 * between(value, [0, 1]) : 0}%` }} />
          </span>
        ))}
        {advantage !== null && <span>advantage {signed(advantage)}</span>}
      </div>
      <div class="rollout-facts">
        <span class="muted">
          {[
            `step ${count(step)}`,
            stage,
            rank > 0 && `rank ${rank}`,
            `${count(length)} ${unit}`,
            truncated && "cut off by the limit of length",
            moment(time),
            name,
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {shades.length > 0 && (
          <select aria-label="Shade tokens" title="Shade tokens (s)" value={shading.value ?? ""} onChange={({ currentTarget }) => setOwn({ shade: currentTarget.value })}>
            <option value="">not shaded</option>
            {shades.map((one) => (
              <option key={one} value={one}>
                by {one === "logprob" ? "log-probability" : one}
              </option>
            ))}
            {shade.value && !shades.some((one) => one === shade.value) && <option value={shade.value}>by {shade.value}</option>}
          </select>
        )}
        <Turn on={view.value === "spans"} title="Spans, or the conversation (t)" act={turnSpans} hidden={!spans}>
          spans {count(spans)}
        </Turn>
        <Turn on={markdown.value !== ""} title="As Markdown, or as it is (m)" act={turnMarkdown}>
          Markdown
        </Turn>
        <Turn on={held.value !== ""} title="Hold it, and compare others with it (d)" act={hold}>
          {held.value === found.id ? "A held: choose another sample" : held.value ? "A held" : "diff"}
        </Turn>
        <Turn on={flagged} title="Flag (f)" act={flag}>
          ⚑ flag
        </Turn>
      </div>
    </header>
  );
}

interface TurnProps {
  on: boolean;
  title: string;
  act: () => void;
  hidden?: boolean;
  children: preact.ComponentChildren;
}

function Turn({ on, title, act, hidden = false, children }: TurnProps) {
  if (hidden) return null;
  return (
    <button class={`switch ${on ? "on" : ""}`} aria-pressed={on} title={title} onClick={act}>
      {children}
    </button>
  );
}
