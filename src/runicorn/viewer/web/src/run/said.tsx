// What people said of a run: tags and notes, edited where they stand.
import { Editable } from "../parts/editable";
import { Icon } from "../parts/icon";
import { later } from "../parts/later";
import { mayEdit } from "../state/rights";
import { change } from "./acts";
import type { Told } from "./run";

const Markdown = later(() => import("./notes"));

export function Tags({ run }: { run: Told }) {
  const tags = run.tags ?? [];
  const add = (text: string) => {
    const fresh = text.split(",").map((tag) => tag.trim()).filter((tag) => tag && !tags.includes(tag));
    if (fresh.length) void change({ tags: [...tags, ...fresh] }, `Tagged ${fresh.join(", ")}.`);
  };
  return (
    <span class="tags">
      {tags.map((tag) => (
        <span key={tag} class="tag">
          {tag}
          {mayEdit() && (
            <button
              class="plain"
              aria-label={`Remove the tag ${tag}`}
              title="Remove"
              onClick={() => void change({ tags: tags.filter((one) => one !== tag) }, `The tag ${tag} is removed.`)}
            >
              <Icon name="close" />
            </button>
          )}
        </span>
      ))}
      {mayEdit() && (
        <Editable label="tag" value="" title="Add a tag (#)" save={add}>
          <span class="muted">+ tag</span>
        </Editable>
      )}
    </span>
  );
}

/** In the one line of the header; the tab "info" has all of them. */
export function Notes({ run }: { run: Told }) {
  const notes = run.notes ?? "";
  if (!notes && !mayEdit()) return null;
  return (
    <span class="notes">
      {notes && (
        <span class="text" title={notes}>
          <Markdown text={notes} />
        </span>
      )}
      {mayEdit() && (
        <Editable label="notes" several value={notes} title="Write notes (W); Ctrl Enter saves" save={(text) => change({ notes: text || null }, text ? "The notes are saved." : "The notes are removed.")}>
          {notes ? <Icon name="pen" /> : <span class="muted">+ notes</span>}
        </Editable>
      )}
    </span>
  );
}
