// The messages of a sample; those of some roles are folded. Of a long one, more are fetched when they are asked for.
import { useSignal } from "@preact/signals";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { Markdown } from "../parts/markdown";
import { address, get } from "../server/api";
import type { Message, Whole } from "./answers";
import { asked, fold, folds, markdown, path, shading } from "./state";
import { Tokens } from "./tokens";

const MORE = 200;
const LINE = 120; // characters of a folded message

export function Conversation({ found }: { found: Whole }) {
  const added = useSignal<Message[]>([]);
  const messages = [...found.messages, ...added.value];
  const more = async () => {
    const params = { ...asked.value, q: "", id: found.id, lo: found.lo + messages.length, hi: found.lo + messages.length + MORE };
    added.value = [...added.value, ...(await get<Whole>(`${path.value}/one`, params)).messages];
  };
  const left = found.count - found.lo - messages.length;
  return (
    <div class="rollout-talk" tabIndex={0} role="log" aria-live="off" aria-label="Conversation">
      {messages.map((message, at) => (
        <Said key={at} message={message} number={found.lo + at} id={found.id} />
      ))}
      {found.count === 0 && !found.error && <p class="nothing">Nothing was said.</p>}
      {left > 0 && (
        <button class="link rollout-more" onClick={() => void more()}>
          {count(Math.min(left, MORE))} more of {count(found.count)} messages
        </button>
      )}
      {found.environment.map((text, at) => (
        <article key={at} class="rollout-message">
          <p class="rollout-role">environment</p>
          <div class="rollout-text">{text}</div>
        </article>
      ))}
      {found.metadata && (
        <details class="rollout-other">
          <summary>metadata</summary>
          <pre>{found.metadata}</pre>
        </details>
      )}
    </div>
  );
}

function Said({ message, number, id }: { message: Message; number: number; id: string }) {
  const whole = useSignal<string | null>(null);
  const { role, text, size, calls } = message;
  const closed = folds.value.includes(role);
  const load = async () => {
    const answer = await fetch(address(`${path.value}/message`, { ...asked.value, q: "", id, n: number }));
    if (answer.ok) whole.value = await answer.text();
  };
  return (
    <article class={`rollout-message ${role === "assistant" ? "answer" : ""}`}>
      <button class="plain rollout-role" aria-expanded={!closed} title={closed ? "Unfold this role" : "Fold this role"} onClick={() => fold(role)}>
        <Icon name={closed ? "right" : "down"} />
        <bdi>{role}</bdi>
        {closed && <bdi class="text muted">{text.slice(0, LINE) || calls.map(({ name }) => name).join(", ")}</bdi>}
        {size && <span class="amount">{count(size)} {size === 1 ? "character" : "characters"}</span>}
      </button>
      {!closed && (
        <div class="rollout-content">
          <Content message={message} text={whole.value ?? text} />
          {size && whole.value === null && (
            <button class="link" onClick={() => void load()}>
              all {count(size)} characters
            </button>
          )}
        </div>
      )}
    </article>
  );
}

function Content({ message, text }: { message: Message; text: string }) {
  const { tokens, images, calls, more } = message;
  return (
    <>
      {shading.value && tokens?.length ? (
        <Tokens tokens={tokens} count={message.token_count ?? tokens.length} by={shading.value} />
      ) : markdown.value ? (
        <Markdown text={text} />
      ) : (
        text && <div class="rollout-text">{text}</div>
      )}
      {images.map((src, at) => (
        <img key={at} class="rollout-image" src={src} alt="" loading="lazy" />
      ))}
      {calls.map(({ name, arguments: given }, at) => (
        <pre key={at} class="rollout-call">
          <b>{name}</b> {given}
        </pre>
      ))}
      {more && (
        <details class="rollout-other">
          <summary>more</summary>
          <pre>{more}</pre>
        </details>
      )}
    </>
  );
}
