// A text that is edited where it stands: a click makes a field of it, Enter saves, Escape gives up.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { checkEdits, mayEdit } from "../state/rights";

interface Props {
  label: string; // what is edited: "alias"
  value: string;
  save: (text: string) => void;
  children: ComponentChildren; // how it looks while it is not edited
  several?: boolean; // lines: Enter makes a new one, and Ctrl Enter saves
  title?: string;
  anyone?: boolean; // nothing that is kept: it needs no token
}

type Field = HTMLInputElement | HTMLTextAreaElement;

export function Editable({ label, value, save, children, several = false, title, anyone = false }: Props) {
  const open = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (field: Field | null) => {
    if (!open.peek()) return; // the field loses the focus as it goes
    open.value = false;
    if (field && field.value.trim() !== value) save(field.value.trim());
  };
  if (!anyone && !mayEdit()) return <>{children}</>;
  if (!open.value) {
    return (
      <button ref={button} class="editable" data-edits={label} title={title ?? `Edit ${label}`} onClick={() => (open.value = true)}>
        {children}
      </button>
    );
  }
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") close(null);
    else if (event.key === "Enter" && (!several || event.ctrlKey || event.metaKey)) close(event.currentTarget as Field);
    else return;
    event.preventDefault();
    requestAnimationFrame(() => button.current?.focus());
  };
  return <Field label={label} value={value} several={several} keys={keys} close={close} />;
}

interface FieldProps {
  label: string;
  value: string;
  several: boolean;
  keys: (event: KeyboardEvent) => void;
  close: (field: Field | null) => void;
}

function Field({ label, value, several, keys, close }: FieldProps) {
  const field = useRef<Field>(null);
  useLayoutEffect(() => {
    field.current!.focus();
    field.current!.select();
  }, []);
  const shared = { "aria-label": label, class: "editing", defaultValue: value, onKeyDown: keys };
  const left = (event: FocusEvent) => close(event.currentTarget as Field); // what was typed is not lost
  if (several) {
    return (
      <span class="editing-lines">
        <textarea {...shared} ref={field as preact.RefObject<HTMLTextAreaElement>} rows={5} onBlur={left} />
        <span class="buttons" onMouseDown={(event) => event.preventDefault() /* the field keeps the focus */}>
          <button class="switch on" title="Ctrl Enter" onClick={() => close(field.current)}>
            save
          </button>
          <button class="switch" title="Escape" onClick={() => close(null)}>
            cancel
          </button>
        </span>
      </span>
    );
  }
  return <input {...shared} ref={field as preact.RefObject<HTMLInputElement>} type="text" size={Math.max(12, value.length)} onBlur={left} />;
}

/** Begins to edit what is edited under this label. */
export function beginEdit(label: string): void {
  const found = document.querySelector<HTMLElement>(`[data-edits="${label}"]`);
  if (found) found.click();
  else checkEdits();
}
