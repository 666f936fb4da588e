// What lies over the page until Escape or a click beside it: it has the focus, and gives it back.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  label: string;
  close: () => void;
  /** Where it opens, in pixels of the page, if not in the middle. */
  at?: { left: number; top: number };
  children: ComponentChildren;
}

export function Over({ label, close, at, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    if (at) new ResizeObserver(() => moveInside(element, at)).observe(element); // also when more is told in it
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={at ? "over menu" : "over"}
      aria-label={label}
      onCancel={close}
      onClick={(event) => event.target === dialog.current && close()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== "Escape") return;
        event.preventDefault(); // a field to search in would only be emptied
        close();
      }}
    >
      {children}
    </dialog>
  );
}

/** Puts it where it should open, and as far from there as it needs to be seen whole. */
function moveInside(element: HTMLElement, { left, top }: { left: number; top: number }): void {
  const { width, height } = element.getBoundingClientRect();
  element.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
  element.style.top = `${Math.max(4, Math.min(top, innerHeight - height - 4))}px`;
}
