// What stands in a row of the table.
import type { Value } from "../server/api";
import { Icon, known } from "../parts/icon";
import { duration, moment, number, value } from "../parts/format";
import { isSilent } from "../parts/silence";
import { rooted, runPage } from "../state/place";
import { part } from "../state/view";
import { looks } from "../charts/groups";
import { bestOf } from "./best";
import { DASHES, HUES } from "./colours";
import { kindOf, TIMES } from "./kinds";
import { mark, marked } from "./marks";
import type { Row } from "./result";
import { toggle } from "./shown";
import { Spark } from "./spark";

const path = part((view) => view.path);

/** A line as charts draw it, or an empty ring where they do not. */
export function Swatch({ slot }: { slot: number | undefined }) {
  if (slot === undefined) return <span class="swatch empty" />;
  const dashed = DASHES[Math.floor(slot / HUES)].length > 0;
  return <span class={`swatch ${dashed ? "dashed" : ""}`} style={{ color: `var(--run-${slot % HUES})` }} />;
}

/** Marks the row; with shift, all from the one that was marked last. */
export function Mark({ row, index }: { row: Row; index: number }) {
  return (
    <button
      class="mark"
      tabIndex={-1}
      role="checkbox"
      aria-checked={marked.value.has(row.run)}
      aria-label={`Mark ${row.alias || row.run}`}
      title="Mark (x)"
      onClick={(event) => {
        event.stopPropagation();
        mark(index, event.shiftKey);
      }}
    />
  );
}

export function Eye({ row, visible }: { row: Row; visible: boolean }) {
  const name = row.alias || row.run;
  return (
    <button
      class="eye"
      tabIndex={-1}
      role="switch"
      aria-checked={visible}
      aria-label={`Draw ${name}`}
      title={visible ? "Hide in charts (space)" : "Draw in charts (space)"}
      onClick={(event) => {
        event.stopPropagation();
        toggle(row.run);
      }}
    >
      <Swatch slot={looks.value.get(row.run)} />
    </button>
  );
}

export function Name({ row }: { row: Row }) {
  const inner = path.value && row.path.startsWith(path.value) ? row.path.slice(path.value.length + 1) : row.path;
  return (
    <span class="name" title={`${row.path}/${row.run}`}>
      <a class={row.alias ? "" : "id"} href={rooted(runPage(row.run))} tabIndex={-1} onPointerDown={withView}>
        <bdi>{row.alias || row.run}</bdi>
      </a>
      {inner && (
        <span class="inner">
          <bdi>{inner}</bdi>
        </span>
      )}
    </span>
  );
}

/** A run is opened with what the table shows, so that it knows what stands before and behind it. */
function withView(event: { currentTarget: HTMLAnchorElement }): void {
  event.currentTarget.search = location.search;
}

/** `heard`: seconds since a run, or a process, that runs was heard of. */
export function Status({ status, heard = null }: { status: string; heard?: number | null }) {
  const silent = status === "running" && isSilent(heard);
  return (
    <span class={`status ${silent ? "silent" : status}`} title={silent ? `running, but not heard of for ${duration(heard!)}` : undefined}>
      {known(status) && <Icon name={status} />}
      {silent ? `silent ${duration(heard!).split(" ")[0]}` : status}
    </span>
  );
}

/** What a run has in a column. */
export function Cell({ name, row, width, height }: { name: string; row: Row; width: number; height: number }) {
  const kind = kindOf(name);
  if (name === "status") return <Status status={row.status} heard={row.heard_seconds_ago} />;
  if (name === "tags") return <Tags tags={row.tags} />;
  if (kind.kind === "spark") return <Spark run={row.run} metric={kind.metric} width={width - 8} height={height - 5} />;
  return <Text name={name} found={row[name] ?? (kind.kind === "best" ? bestOf(name, kind, row) : undefined)} />;
}

/** `spread`: how far around `found`, a mean, it lies. */
export function Text({ name, found, spread }: { name: string; found: Value | undefined; spread?: number | null }) {
  const numeric = typeof found === "number";
  const text = written(name, found) + (spread ? ` ±${number(spread, 2)}` : "");
  return (
    <span class={`cell ${numeric ? "numeric" : ""}`} title={numeric ? `${name} = ${found}${spread ? ` ± ${spread}` : ""}` : text}>
      {text}
    </span>
  );
}

function written(name: string, found: Value | undefined): string {
  if (typeof found !== "number") return value(found);
  if (TIMES.has(name)) return moment(found);
  return name === "duration" ? duration(found) : value(found);
}

function Tags({ tags }: { tags: Value }) {
  const all = Array.isArray(tags) ? tags.map(String) : [];
  return (
    <span class="cell tags" title={all.join(", ")}>
      {all.map((tag) => (
        <span key={tag} class="tag">
          {tag}
        </span>
      ))}
    </span>
  );
}
