// The head of the table: a click sorts, with shift by one more key.
import { part, change, view } from "../state/view";
import { keys, short } from "./keys";
import { sorted } from "./sorting";

const sort = part((view) => view.sort);

export function Head() {
  return (
    <div class="head" role="row" aria-rowindex={1}>
      <div class="sticky" role="presentation">
        <span />
        <Label name="alias" text="run" />
      </div>
      <Label name="status" text="status" />
      {keys.value.map((key) => (
        <Label key={key} name={key} text={short(key)} />
      ))}
    </div>
  );
}

function Label({ name, text }: { name: string; text: string }) {
  const place = sort.value.findIndex((one) => one === name || one === `-${name}`);
  const down = place >= 0 && sort.value[place].startsWith("-");
  const kind = place < 0 ? "none" : down ? "descending" : "ascending";
  return (
    <div role="columnheader" aria-sort={kind}>
      <button
        tabIndex={-1}
        class={`label ${place >= 0 ? "sorting" : ""}`}
        title={`${name}: click sorts, shift-click sorts by one more`}
        onClick={(event) => change({ sort: sorted(view.peek().sort, name, event.shiftKey) })}
      >
        <span class="text">{text}</span>
        {place >= 0 && <span class="order">{(down ? "▾" : "▴") + (sort.value.length > 1 ? place + 1 : "")}</span>}
      </button>
    </div>
  );
}
