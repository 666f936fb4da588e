// What is between the table and the charts: dragging it, or arrows while it has the focus, makes one wider.
import { own, setOwn } from "../state/view";

const LEAST = 15; // percent of the page's width
const MOST = 75;
const USUAL = 41;

/** How wide the table is, in percent of the page. */
const split = own("split");

/** The width of the table as CSS has it; none where nobody has said. */
export function tableWidth(): Record<string, string> | undefined {
  return split.value ? { "--table": `${share(Number(split.value))}%` } : undefined;
}

export function Divider() {
  const now = share(Number(split.value) || USUAL);
  const move = (to: number) => setOwn({ split: String(share(to)) }, true);
  return (
    <div
      class="divider"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the table"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={now}
      title="Drag: widen; double click: as it was"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const before = document.querySelector(".table")!.getBoundingClientRect().left;
        move((100 * (event.clientX - before)) / innerWidth);
      }}
      onDblClick={() => setOwn({ split: "" })}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
        if (!by) return;
        event.stopPropagation();
        move(now + by);
      }}
    />
  );
}

function share(percent: number): number {
  return Math.round(Math.max(LEAST, Math.min(MOST, percent || USUAL)));
}
