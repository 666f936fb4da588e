// The lines of the table: a run, or the head of a group.
import type { ComponentChildren } from "preact";
import { narrow } from "../state/screen";
import { part } from "../state/view";
import { Icon } from "../parts/icon";
import { count } from "../parts/format";
import { areDrawn, looks } from "../charts/groups";
import { Card } from "./card";
import { Cell, Eye, Mark, Name, Swatch, Text } from "./cells";
import { focused, hover, moveTo, pointed } from "./focus";
import { geometry, height, visible } from "./geometry";
import type { Group } from "./layout";
import { mark, marked, markRows } from "./marks";
import type { Place } from "./places";
import { nameOf, turnFold } from "./plan";
import { result, row, type Row } from "./result";
import { ids } from "./shown";

const grouped = part((view) => view.group);

interface RunProps {
  row: Row | undefined;
  index: number;
  place: number;
}

export function RunLine({ row, index, place }: RunProps) {
  const drawn = row !== undefined && ids.value.includes(row.run);
  const isMarked = row !== undefined && marked.value.has(row.run);
  const classes = [drawn && "visible", focused.value === index && "focused", isMarked && "marked", row && pointed.value === row.run && "pointed"].filter(Boolean);
  return (
    <div
      class={`line ${classes.join(" ")}`}
      id={`row-${index}`}
      role="row"
      aria-rowindex={place + 2}
      aria-selected={isMarked}
      style={{ top: `${place * height.value}px`, height: `${height.value}px` }}
      onClick={(event) => (event.shiftKey ? mark(index, true) : moveTo(index))}
      onMouseEnter={() => hover(row?.run ?? null)}
      onMouseLeave={() => hover(null)}
    >
      {row && (narrow.value ? <Card row={row} index={index} drawn={drawn} /> : <Cells row={row} index={index} drawn={drawn} />)}
    </div>
  );
}

function Cells({ row, index, drawn }: { row: Row; index: number; drawn: boolean }) {
  const inside = (place: Place) => <Cell name={place.key} row={row} width={place.width} height={height.value} />;
  return (
    <Frame sticky={inside} rest={inside}>
      <Mark row={row} index={index} />
      <Eye row={row} visible={drawn} />
      <Name row={row} />
    </Frame>
  );
}

interface FrameProps {
  children: ComponentChildren; // in front: always seen
  sticky: (place: Place) => ComponentChildren;
  rest: (place: Place) => ComponentChildren;
}

/** The name and the pinned columns, which stay where they are, and of the others those that are on the screen. */
function Frame({ children, sticky, rest }: FrameProps) {
  const { stuck, name, pinned } = geometry.value;
  return (
    <>
      <div class="sticky" role="presentation" style={{ width: `${stuck}px`, gridTemplateColumns: `48px ${name}px` }}>
        <div class="front" role="gridcell">
          {children}
        </div>
        {pinned.map((place) => (
          <At key={place.key} place={place}>
            {sticky(place)}
          </At>
        ))}
      </div>
      {visible.value.map((place) => (
        <At key={place.key} place={place}>
          {rest(place)}
        </At>
      ))}
    </>
  );
}

function At({ place: { left, width }, children }: { place: Place; children: ComponentChildren }) {
  return (
    <div class="at-column" role="gridcell" style={{ left: `${left}px`, width: `${width}px` }}>
      {children}
    </div>
  );
}

interface GroupProps {
  group: Group;
  index: number;
  place: number;
  folded: boolean;
}

export function GroupLine({ group, index, place, folded }: GroupProps) {
  const first = row(result.value, index)?.run ?? "";
  const inside = ({ key }: Place) => (key in group.columns ? <Text name={key} found={group.columns[key]} spread={group.spreads[key]} /> : null);
  return (
    <div
      class={`line head-of-group ${folded && focused.value === index ? "focused" : ""}`}
      id={folded ? `row-${index}` : undefined}
      role="row"
      aria-rowindex={place + 2}
      aria-expanded={!folded}
      style={{ top: `${place * height.value}px`, height: `${height.value}px` }}
      onClick={() => turnFold(group)}
    >
      <Frame sticky={inside} rest={inside}>
        <button
          class="mark"
          tabIndex={-1}
          aria-label={`Mark the runs of ${nameOf(group)}`}
          title="Mark these"
          onClick={(event) => {
            event.stopPropagation();
            markRows(index, index + group.count);
          }}
        />
        <span class="fold">
          <Icon name={folded ? "right" : "down"} />
        </span>
        <span class="name" title={`${grouped.value} ${nameOf(group)}`}>
          {areDrawn.value && <Swatch slot={looks.value.get(first)} />}
          <span class="muted">{grouped.value}</span> <span class="text"><bdi>{nameOf(group)}</bdi></span>
          <span class="amount">{count(group.count)}</span>
        </span>
      </Frame>
    </div>
  );
}
