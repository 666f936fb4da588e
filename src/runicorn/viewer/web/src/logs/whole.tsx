// What lies over the list: a line that is too long for it, or what a bar was before.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes, count } from "../parts/format";
import { Over } from "../parts/over";
import { get } from "../server/api";
import { visible, parts } from "./text";
import { pieces } from "./ansi";
import { asked } from "./choice";

const MOST = 1000; // states

interface Whole {
  title: string;
  texts: string[];
}

const opened = signal<Whole | null>(null);

export async function showWhole(run: string, line: number): Promise<void> {
  const { text, size } = await get<{ text: string; size: number }>(`runs/${encodeURIComponent(run)}/logs/line`, { host: asked.peek().host, line });
  opened.value = { title: `Line ${count(line + 1)}, ${bytes(size)}`, texts: [text.slice(parts(text).from)] };
}

/** The states of a line, as they are, or those that stand in the lines from `first` on. */
export async function showStates(line: number, states: string[] | null, run = "", first = line): Promise<void> {
  let texts = states ?? [];
  if (!states) {
    const lo = Math.max(first, line + 1 - MOST);
    const found = await get<{ texts: string[] }>(`runs/${encodeURIComponent(run)}/logs`, { host: asked.peek().host, frames: 1, row: lo, n: line + 1 - lo });
    texts = found.texts.map((text) => text.slice(parts(text).from));
  }
  const all = states?.length ?? line + 1 - first;
  const title = `Line ${count(line + 1)}: ${all > texts.length ? `the last ${count(texts.length)} of ` : ""}${count(all)} states`;
  opened.value = { title, texts: texts.slice(-MOST) };
}

export function Whole() {
  useEffect(() => () => void (opened.value = null), []);
  const whole = opened.value;
  if (!whole) return null;
  return (
    <Over label={whole.title} close={() => (opened.value = null)}>
      <div class="whole">
        <h2>{whole.title}</h2>
        <pre tabIndex={0} dir="ltr">
          {whole.texts.map((text) => pieces(text).map((piece) => visible(piece.text)).join("") + "\n").join("")}
        </pre>
      </div>
    </Over>
  );
}
