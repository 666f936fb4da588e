// The head of a chart: its name, what is to be said of it, and its menu. Pinned charts are put in order by dragging it.
import type { ComponentChildren } from "preact";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { over } from "../parts/overs";
import { change, view } from "../state/view";
import { current, menuAt } from "./current";
import { between, turn } from "./pins";

const DRAGGED = "application/x-runicorn-metric";

interface Props {
  metric: string;
  badge: string;
  hidden: number; // values that have no place on a log axis
  error: string;
  children: ComponentChildren; // values, where the cursor is
}

export function Title({ metric, badge, hidden, error, children }: Props) {
  const { pins, charts, large } = view.value;
  const pinned = pins.includes(metric);
  return (
    <figcaption
      draggable={pinned}
      onDragStart={(event) => event.dataTransfer?.setData(DRAGGED, metric)}
      onDragOver={(event) => pinned && event.dataTransfer?.types.includes(DRAGGED) && event.preventDefault()}
      onDrop={(event) => change({ pins: between(pins, event.dataTransfer?.getData(DRAGGED) ?? "", metric) })}
      onDblClick={() => change({ large: large ? "" : metric })}
      onContextMenu={(event) => {
        event.preventDefault();
        openMenu(metric, event.clientX, event.clientY);
      }}
    >
      <button class={`plain star ${pinned ? "on" : ""}`} aria-pressed={pinned} title="Pin to the top" aria-label={`Pin ${metric}`} onClick={() => turn(metric)}>
        <Icon name="pin" filled={pinned} />
      </button>
      <span class="title" title={metric}>
        {metric}
      </span>
      {charts[metric] && <span class="badge own">own view</span>}
      {error && (
        <span class="badge warning" title={error}>
          incomplete
        </span>
      )}
      {hidden > 0 && <span class="badge warning">{count(hidden)} ≤ 0 not drawn</span>}
      {children}
      <span class="badge scale" title={badge && `${badge}: the line is the mean of the points there, the band goes from the least to the greatest`}>
        {badge}
      </span>
      <button
        class="plain more"
        title="This chart: save, copy, its own view (M)"
        aria-label={`Menu of ${metric}`}
        aria-haspopup="dialog"
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          openMenu(metric, left, bottom);
        }}
      >
        <Icon name="more" />
      </button>
    </figcaption>
  );
}

export function openMenu(metric: string, left: number, top: number): void {
  current.value = metric;
  menuAt.value = { left, top };
  over.value = "chart";
}
