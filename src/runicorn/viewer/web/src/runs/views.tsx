// Saved views as chips: each brings back what was on the screen when it was saved.
import { computed, signal } from "@preact/signals";
import { complain, toast } from "../parts/toast";
import { get, put, Refused } from "../server/api";
import { Icon } from "../parts/icon";
import { checkEdits, mayEdit } from "../state/rights";
import { decode, encode } from "../state/url";
import { change, view } from "../state/view";

/** What the address says, by the view's name; null: not known yet. */
export const views = signal<Record<string, string> | null>(null);
/** The name of the one that was opened or saved last. */
const opened = signal<string | null>(null);
/** What is being named: a view to rename, "" for a new one; null: nothing. */
const naming = signal<string | null>(null);

/** The view without the root, which is where the view is saved. */
const now = computed(() => encode({ ...view.value, own: { ...view.value.own, root: "" } }));

export async function learnViews(): Promise<void> {
  views.value = await get<Record<string, string>>("views").catch(() => views.peek() ?? {});
}

/** Asks for the name of a new view. */
export function nameView(): void {
  if (checkEdits()) naming.value = "";
}

export function openView(name: string | null): void {
  const { root = "" } = view.peek().own;
  const found = decode(name === null ? "" : `?${views.peek()?.[name] ?? ""}`);
  opened.value = name;
  change({ ...found, own: { ...found.own, root } });
}

async function save(changes: [string, string | null][], text: string, undoing = false): Promise<void> {
  const back: [string, string | null][] = [];
  try {
    for (const [name, saved] of changes) {
      const { before } = await put<{ before: string | null }>(`views/${encodeURIComponent(name)}`, { view: saved });
      back.unshift([name, before]);
    }
    toast(text, undoing ? undefined : () => void save(back, "Undone.", true));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    complain(error.message);
  }
  await learnViews();
}

async function named(before: string, name: string): Promise<void> {
  naming.value = null;
  if (!name || name === before) return;
  opened.value = name;
  if (!before) await save([[name, now.peek()]], `The view ${name} is saved.`);
  else await save([[name, views.peek()?.[before] ?? ""], [before, null]], `The view ${before} is called ${name}.`);
}

export function Views() {
  const saved = Object.entries(views.value ?? {});
  const changed = opened.value !== null && views.value?.[opened.value] !== undefined && views.value[opened.value] !== now.value;
  return (
    <div class="views" role="group" aria-label="Views">
      <button class={`chip ${now.value === "" ? "on" : ""}`} aria-pressed={now.value === ""} onClick={() => openView(null)}>
        all
      </button>
      {saved.map(([name, text]) => (naming.value === name ? <Name key={name} before={name} /> : <Chip key={name} name={name} text={text} />))}
      {changed && mayEdit() && (
        <button class="switch" title={`Keep what is on the screen as ${opened.value}`} onClick={() => void save([[opened.value!, now.value]], `The view ${opened.value} is saved.`)}>
          update {opened.value}
        </button>
      )}
      {naming.value === "" ? (
        <Name before="" />
      ) : mayEdit() && (
        <button class="chip new" title="Save what is on the screen as a view (S)" aria-label="Save as a view" onClick={nameView}>
          +
        </button>
      )}
    </div>
  );
}

function Chip({ name, text }: { name: string; text: string }) {
  const on = text === now.value;
  return (
    <span class={`chip ${on ? "on" : ""}`} title={text || "all"}>
      <button class="open" aria-pressed={on} onClick={() => openView(name)} onDblClick={() => checkEdits() && (naming.value = name)}>
        {name}
      </button>
      {on && mayEdit() && (
        <>
          <button class="open" aria-label={`Rename the view ${name}`} title="Rename (or double click)" onClick={() => (naming.value = name)}>
            <Icon name="pen" />
          </button>
          <button class="open" aria-label={`Remove the view ${name}`} title="Remove" onClick={() => void save([[name, null]], `The view ${name} is removed.`)}>
            <Icon name="close" />
          </button>
        </>
      )}
    </span>
  );
}

function Name({ before }: { before: string }) {
  return (
    <form
      class="chip on"
      onSubmit={(event) => {
        event.preventDefault();
        void named(before, new FormData(event.currentTarget).get("name")!.toString().trim());
      }}
    >
      <input
        name="name"
        type="text"
        maxLength={100}
        ref={(input) => input?.focus()}
        defaultValue={before}
        aria-label="Name of the view"
        placeholder="name, then Enter"
        onKeyDown={(event) => event.key === "Escape" && (naming.value = null)}
        onBlur={() => (naming.value = null)}
      />
    </form>
  );
}
