// What has just been done, told at the edge of the page for a while, with the way back.
import { signal } from "@preact/signals";
import { Icon } from "./icon";

interface Told {
  text: string;
  undo?: () => void;
  bad: boolean; // it was not done
}

const PATIENCE = 8000; // milliseconds that it stays

const told = signal<Told | null>(null);
/** What takes back each thing that was done on this page, the last one last. */
const undos: (() => void)[] = [];
let waiting = 0;

/** Tells what was done; `undo` takes it back. What was told before goes. */
export function toast(text: string, undo?: () => void): void {
  told.value = { text, undo, bad: false };
  if (undo) undos.push(undo);
  leave();
}

/** Tells why something was not done. */
export function complain(text: string): void {
  told.value = { text, bad: true };
  leave();
}

/** Takes back what was done last; once more: what was done before that. */
export function undoLast(): void {
  const undo = undos.pop();
  close();
  if (undo) undo();
  else complain("There is nothing to undo that was done on this page.");
}

function close(): void {
  clearTimeout(waiting);
  told.value = null;
}

function leave(): void {
  clearTimeout(waiting);
  waiting = window.setTimeout(close, PATIENCE);
}

export function Toast() {
  if (!told.value) return <div role="status" />;
  const { text, undo, bad } = told.value;
  return (
    <div role="status">
      <div class={`toast ${bad ? "bad" : ""}`} onMouseEnter={() => clearTimeout(waiting)} onMouseLeave={leave}>
        <span>{text}</span>
        {undo && (
          <button class="link" title="Undo (Ctrl Z)" onClick={undoLast}>
            undo
          </button>
        )}
        <button class="plain" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
    </div>
  );
}
