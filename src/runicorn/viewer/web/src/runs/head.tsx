// The head of the table: a click sorts, with shift by one more key; a drag moves the column, one at its edge widens it;
// a right click leads to all columns, where they are pinned and hidden.
import { computed } from "@preact/signals";
import { part, change, view } from "../state/view";
import { dragged, grab, stretch } from "./drag";
import { geometry, visible } from "./geometry";
import { exchange, following, isBest, keys, widen } from "./keys";
import { isValue, kindOf, short, valueOf } from "./kinds";
import { Icon } from "../parts/icon";
import { over } from "../parts/overs";
import { NAME, usualWidth, type Place } from "./places";
import { result } from "./result";
import { sorted } from "./sorting";

const WHERE_BEST = "Its value at the step where the run was best by another metric";

const sort = part((view) => view.sort);

/** The columns whose values stand to the right, as numbers do. */
const areNumbers = computed(() => {
  const [rows = []] = result.value.windows.values();
  return new Set(keys.value.filter((key) => rows.some((row) => typeof row[key] === "number")));
});

export function Head() {
  const { name, stuck, pinned: front } = geometry.value;
  return (
    <div class="head" role="row" aria-rowindex={1}>
      <div class="sticky" role="presentation" style={{ width: `${stuck}px`, gridTemplateColumns: `48px ${name}px` }}>
        <span />
        <Label place={{ key: NAME, left: 0, width: name }} fixed />
        {front.map((place) => (
          <Label key={place.key} place={place} />
        ))}
      </div>
      {visible.value.map((place) => (
        <Label key={place.key} place={place} />
      ))}
      {dragged.value && <span class="drop" style={{ left: `${dragged.value.x}px` }} />}
    </div>
  );
}

/** `fixed`: it stays where it is. */
function Label({ place: { key, left, width }, fixed = false }: { place: Place; fixed?: boolean }) {
  const at = sort.value.findIndex((one) => one === key || one === `-${key}`);
  const down = at >= 0 && sort.value[at].startsWith("-");
  const kind = kindOf(key);
  const sortable = isValue(key) || isBest(key);
  const value = valueOf(key);
  const which = value && (sortable ? value.which : "at best");
  const text = key === NAME ? "run" : (value?.metric ?? short(key));
  const numbers = kind.kind === "best" || (sortable && areNumbers.value.has(key));
  return (
    <div
      class={fixed ? "of-name" : "at-column"}
      role="columnheader"
      aria-label={kind.kind === "spark" ? `${text} over steps` : which ? `${text} ${which}` : text}
      aria-sort={!sortable ? undefined : at < 0 ? "none" : down ? "descending" : "ascending"}
      style={fixed ? undefined : { left: `${left}px`, width: `${width}px` }}
    >
      <button
        tabIndex={-1}
        class={`label ${at >= 0 ? "sorting" : ""} ${numbers ? "numeric" : ""} ${dragged.value?.key === key ? "dragged" : ""}`}
        title={told(key, sortable)}
        onPointerDown={(event) => !fixed && grab(event, key)}
        onContextMenu={(event) => {
          event.preventDefault();
          over.value = "columns";
        }}
        onClick={(event) => sortable && change({ sort: sorted(view.peek().sort, key, event.shiftKey) })}
      >
        {kind.kind === "spark" && <Icon name="curve" />}
        <span class="text">{text}</span>
        {at >= 0 && <span class="order">{(down ? "▾" : "▴") + (sort.value.length > 1 ? at + 1 : "")}</span>}
      </button>
      {value && (
        <button tabIndex={-1} class="which-value" title={`${sortable ? `The ${which} value` : WHERE_BEST}; click: another one`} onClick={() => exchange(key, following(key))}>
          {which}
        </button>
      )}
      <span class="edge" onPointerDown={(event) => stretch(event, key, width)} onDblClick={() => widen(key, null)} title={`Drag: widen; double click: ${usualWidth(key)} pixels`} />
    </div>
  );
}

function told(key: string, sortable: boolean): string {
  const kind = kindOf(key);
  const ways = "drag: move; right click: all columns";
  if (kind.kind === "spark") return `${kind.metric} over steps, with its extremes; ${ways}`;
  if (!sortable) return `${WHERE_BEST}; it cannot be sorted; ${ways}`;
  return `${key}: click sorts, shift-click sorts by one more; ${ways}`;
}
