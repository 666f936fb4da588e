// Which conversations are meant: of which key and stage, and what the filter says.
import { Cursor } from "../media/toolbar";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { Typing } from "../parts/typing";
import { setOwn } from "../state/view";
import type { Overview } from "./answers";
import { stage, step, where } from "./state";
import { here, overview } from "./store";

const FRESH = { prompt: "", sample: "", held: "" };

export function Toolbar({ about }: { about: Overview }) {
  const mine = about.sets.find(({ key, type }) => key === about.key && type === about.type);
  const problem = overview.problem.value;
  return (
    <div class="toolbar rollout-tools" role="toolbar" aria-label="Rollouts">
      {about.sets.length > 1 && (
        <label class="choice">
          of
          <select value={about.key} onChange={({ currentTarget }) => setOwn({ of: currentTarget.value, stage: "", ...FRESH })}>
            {about.sets.map(({ key, count: many }) => (
              <option key={key} value={key}>
                {key} ({count(many)})
              </option>
            ))}
          </select>
        </label>
      )}
      {mine && mine.stages.length > 1 && (
        <label class="choice">
          stage
          <select value={stage.value || about.stage} onChange={({ currentTarget }) => setOwn({ stage: currentTarget.value, ...FRESH })}>
            {mine.stages.map(([name, many]) => name && (
              <option key={name} value={name}>
                {name} ({count(many)})
              </option>
            ))}
            <option value="*">all</option>
          </select>
        </label>
      )}
      {step.value !== null && <Cursor shown={here.value ?? undefined} />}
      <label class="rollout-box">
        <span class="prompt">filter</span>
        <input
          id="where"
          type="text"
          spellcheck={false}
          autocomplete="off"
          aria-label="Filter the rollouts"
          aria-invalid={problem !== null}
          placeholder={'reward<.2  len>900  "some text"  truncated=true  flag=true'}
          value={typing.text.value ?? where.value}
          onInput={({ currentTarget }) => typing.type(currentTarget.value)}
          onKeyDown={({ key, currentTarget }) => key === "Escape" && currentTarget.blur()}
        />
        {problem && (
          <span class="wrong" role="alert">
            {problem.message}
          </span>
        )}
        {where.value && (
          <button class="plain" title="Clear the filter" aria-label="Clear the filter" onClick={() => filter("")}>
            <Icon name="close" />
          </button>
        )}
      </label>
      <button
        class={`switch ${where.value === "flag=true" ? "on" : ""}`}
        aria-pressed={where.value === "flag=true"}
        onClick={() => filter(where.value === "flag=true" ? "" : "flag=true")}
      >
        ⚑ {count(about.flagged)}
      </button>
      <span class="muted" role="status">
        {about.found < about.count && `${count(about.found)} of `}
        {count(about.count)} {about.count === 1 ? "rollout" : "rollouts"}
        {about.read < 1 && `, reading … ${Math.floor(100 * about.read)}%`}
        {about.tested < 1 && `, filtering … ${Math.floor(100 * about.tested)}%`}
      </span>
    </div>
  );
}

/** What is looked for in texts takes a while: it is asked for when nothing more is typed. */
const typing = new Typing((text) => filter(text, true));

/** The prompt that is chosen and the sample that is read may be none of those that are meant now. */
function filter(text: string, quiet = false): void {
  setOwn({ where: text, prompt: "", sample: "" }, quiet);
}
