// What lies over the page until Escape or a click beside it: it has the focus, and gives it back.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Over({ label, close, children }: { label: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="over"
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
