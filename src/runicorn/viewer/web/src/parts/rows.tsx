// The rows of a long list that are seen, each as high as any other.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Windows } from "./windows";

const OVER = 6;

interface Props<T> {
  windows: Windows<T>;
  label: string;
  height: number; // of a row
  /** The place of the row that is to be seen; -1: none. */
  current: number;
  children: (row: T, at: number) => ComponentChildren;
}

export function Rows<T>({ windows, label, height, current, children }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const seen = useSignal(0);
  void windows.arrived.value;
  useLayoutEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => (seen.value = element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const found = Math.max(0, windows.found.value);
  const first = Math.max(0, Math.floor(top.value / height) - OVER);
  const stop = Math.min(found, Math.ceil((top.value + seen.value) / height) + OVER);
  useEffect(() => windows.want(first, stop), [windows, first, stop]);
  useLayoutEffect(() => {
    if (current >= 0 && current < found) reveal(scroller.current!, current * height, height);
  }, [current, found > 0, seen.value > 0]);
  return (
    <div class="rows-of" ref={scroller} tabIndex={0} role="list" aria-label={label} onScroll={(event) => (top.value = event.currentTarget.scrollTop)}>
      <div style={{ height: `${found * height}px` }} role="presentation">
        {Array.from({ length: Math.max(0, stop - first) }, (_, by) => first + by).map((at) => {
          const row = windows.row(at);
          const style = { height: `${height}px`, transform: `translateY(${at * height}px)` };
          return (
            <div key={at} role="listitem" aria-setsize={found} aria-posinset={at + 1} style={style}>
              {row !== undefined && children(row, at)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function reveal(element: HTMLElement, from: number, height: number): void {
  const { scrollTop, clientHeight } = element;
  if (from < scrollTop || from + height > scrollTop + clientHeight) element.scrollTop = from - (clientHeight - height) / 2;
}
