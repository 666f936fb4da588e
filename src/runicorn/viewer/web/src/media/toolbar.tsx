// What the grid shows, and how.
import { count } from "../parts/format";
import { own, setOwn } from "../state/view";
import { resize, turnPer } from "./actions";
import { moveTo, step as cursor } from "../run/cursor";
import { catalogue, typesOf } from "./store";

const words = own("has");
const only = own("types");
const per = own("per");

export function Toolbar({ run }: { run: string }) {
  const { found, keys } = catalogue(run)!;
  return (
    <div class="toolbar" role="toolbar" aria-label="Media">
      <label class="choice">
        type
        <select value={only.value} title="The next type (t)" onChange={(event) => setOwn({ types: event.currentTarget.value })}>
          <option value="">all</option>
          {typesOf(run).map((type) => (
            <option key={type} value={type}>
              {type}
            </option>
          ))}
        </select>
      </label>
      <button
        class={`switch ${per.value ? "" : "on"}`}
        aria-pressed={!per.value}
        title="All steps beside each other, or one (v)"
        onClick={turnPer}
      >
        over steps
      </button>
      <button class="plain" aria-label="Smaller pictures" title="Smaller pictures (-)" onClick={() => resize(-1)}>
        −
      </button>
      <button class="plain" aria-label="Larger pictures" title="Larger pictures (+)" onClick={() => resize(1)}>
        +
      </button>
      <Cursor />
      {found > keys.length && (
        <span class="muted">
          the first {count(keys.length)} of {count(found)} keys
        </span>
      )}
      <input
        id="has"
        class="find"
        type="search"
        placeholder="find keys"
        aria-label="Find keys"
        value={words.value}
        onInput={(event) => setOwn({ has: event.currentTarget.value }, true)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
    </div>
  );
}

/** Which step is meant, and how to let it go; `shown`: the step of what is seen, where that is one thing alone. */
export function Cursor({ shown }: { shown?: number }) {
  if (cursor.value === null) return <span class="muted">last step of each</span>;
  return (
    <button class="switch on" title="The last step again" onClick={() => moveTo(null, false)}>
      {said(cursor.value, shown)} ×
    </button>
  );
}

function said(wanted: number, shown = wanted): string {
  if (shown === wanted) return `step ${count(wanted)}`;
  return `step ${count(shown)}, the ${shown < wanted ? "last before" : "first after"} ${count(wanted)}`;
}
