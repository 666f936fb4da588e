// The bar for marked runs: how many they are, and what can be done with them. It takes the place of the views.
import { useComputed, useSignal } from "@preact/signals";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { ask, compare, download, draw, drawOnly, meant, say, trash } from "./bulk";
import { mayEdit } from "../state/rights";
import { asking, marked, markAll, unmark, type Field } from "./marks";
import { result } from "./result";

export * as acts from "./bulk";

const OFFERED = 8;
const HINTS: Record<Field, string> = {
  tag: "a tag to add",
  untag: "a tag to take away",
  group: "a group; nothing for none",
  alias: "an alias; nothing for none",
};

/** `edits`: it changes something; `of`: of how many runs it is. */
const ACTIONS: { text: string; title: string; run: () => void; edits?: boolean; of?: number }[] = [
  { text: "tag", title: "Add a tag (t)", run: ask("tag"), edits: true },
  { text: "untag", title: "Take a tag away (T)", run: ask("untag"), edits: true },
  { text: "group", title: "Put into a group (G)", run: ask("group"), edits: true },
  { text: "draw too", title: "Draw these, too", run: () => draw(true) },
  { text: "hide", title: "Draw none of these", run: () => draw(false) },
  { text: "draw only these", title: "Draw these and no others (V)", run: drawOnly },
  { text: "compare", title: "Why two runs differ (c): of two, mark just these", run: compare, of: 2 },
  { text: "CSV", title: "These rows as a file (e)", run: download },
  { text: "trash", title: "Put into the trash (Delete)", run: () => void trash(), edits: true },
];

export default function Chosen() {
  const { size } = marked.value;
  return (
    <div class="chosen-runs" role="toolbar" aria-label="Marked runs">
      {asking.value ? (
        <Ask field={asking.value} />
      ) : (
        <>
          <b>{count(size)} marked</b>
          {size < result.value.found && (
            <button class="switch" title="Mark all that are found (*)" onClick={() => void markAll()}>
              mark all {count(result.value.found)}
            </button>
          )}
          {ACTIONS.filter(({ edits }) => !edits || mayEdit()).map(({ text, title, run, of = size }) => (
            <button key={text} class="switch" title={title} disabled={of !== size} onClick={run}>
              {text}
            </button>
          ))}
          {size === 1 && mayEdit() && (
            <button class="switch" title="Give it an alias (n)" onClick={ask("alias")}>
              alias
            </button>
          )}
          <button class="plain" title="Mark none (Escape)" aria-label="Mark none" onClick={unmark}>
            <Icon name="close" />
          </button>
        </>
      )}
    </div>
  );
}

function Ask({ field }: { field: Field }) {
  const text = useSignal("");
  const known = useComputed(() => words(field).filter((word) => word.includes(text.value)).slice(0, OFFERED));
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        void say(field, text.value.trim());
      }}
    >
      <label>
        {field} {meant().length === 1 ? "1 run" : `${count(meant().length)} runs`}:{" "}
        <input
          type="text"
          ref={(input) => input?.focus()}
          placeholder={HINTS[field]}
          aria-label={HINTS[field]}
          maxLength={field === "group" || field === "alias" ? 500 : 200}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && (asking.value = null)}
        />
      </label>
      <button class="switch on">{field}</button>
      <button type="button" class="switch" onClick={() => (asking.value = null)}>
        cancel
      </button>
      {known.value.map((word) => (
        <button key={word} type="button" class="chip" onClick={() => void say(field, word)}>
          {word}
        </button>
      ))}
    </form>
  );
}

/** What the runs of the table have in this field. */
function words(field: Field): string[] {
  if (field === "alias") return [];
  const rows = [...result.value.windows.values()].flat();
  const said = rows.flatMap((row) => (field === "group" ? row.group : row.tags));
  return [...new Set(said.filter((one): one is string => typeof one === "string" && one !== ""))];
}
