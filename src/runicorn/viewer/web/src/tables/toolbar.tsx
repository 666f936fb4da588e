// Which table is seen, at which step, which of its rows, and what it is compared with.
import { useEffect } from "preact/hooks";
import { Cursor } from "../media/toolbar";
import { step as cursor } from "../run/cursor";
import { Slider } from "../media/panel";
import type { Series } from "../media/series";
import { count } from "../parts/format";
import { Typing } from "../parts/typing";
import { siblings } from "../run/siblings";
import { own, setOwn } from "../state/view";
import type { Refused } from "../server/api";
import { show } from "./actions";
import { With } from "./compared";
import type { Column, Rows } from "./data";
import { order, others } from "./state";

const query = own("rows");
/** All of the table is looked through: when nothing more is typed. */
const typing = new Typing((text) => setOwn({ rows: text }, true));

interface Props {
  run: string;
  series: Series;
  keys: string[];
  rows: Rows | null;
}

export function Toolbar({ run, series, keys, rows }: Props) {
  const head = rows?.head.value;
  const there = head !== undefined;
  useEffect(() => void (there && siblings(run).then((found) => (others.value = found))), [run, there]);
  const { steps } = series.told;
  return (
    <div class="toolbar" role="toolbar" aria-label="Tables">
      <label class="choice">
        table
        <select value={series.told.key} title="The next table (t)" onChange={(event) => show(event.currentTarget.value)}>
          {keys.map((key) => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </select>
      </label>
      {steps > 1 && <Slider series={series} steps={steps} place={series.place(cursor.value)} name={series.told.key} />}
      <Cursor shown={rows?.question.step} />
      <With series={series} />
      {order.value.length > 0 && (
        <button class="switch on" title="As it was logged" onClick={() => setOwn({ order: "" })}>
          sorted by {order.value.map((name) => name.replace(/^-/, "")).join(", ")} ×
        </button>
      )}
      <Filter columns={head?.columns ?? []} problem={rows?.problem.value ?? null} />
      <span class="muted" role="status">
        {head && (head.found === head.rows ? `${count(head.rows)} rows` : `${count(head.found)} of ${count(head.rows)} rows`)}
      </span>
    </div>
  );
}

function Filter({ columns, problem }: { columns: Column[]; problem: Refused | null }) {
  return (
    <label class="box rows-box">
      <input
        id="search"
        type="search"
        spellcheck={false}
        autocomplete="off"
        placeholder={hint(columns)}
        aria-label="Filter the rows"
        aria-invalid={problem !== null}
        value={typing.text.value ?? query.value}
        onInput={(event) => typing.type(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      {problem && (
        <span class="wrong" role="alert" title={problem.message}>
          {problem.message}
        </span>
      )}
    </label>
  );
}

/** A filter that this table understands. */
function hint(columns: Column[]): string {
  const number = columns.find(({ name, type }) => type === "number" && /^[\w/.]+$/.test(name));
  return `filter: words${number ? ` or ${number.name}<1` : ""}`;
}
