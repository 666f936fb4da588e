// A text that is too long for a line of its own: fetched when it is seen.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Markdown } from "../parts/markdown";

export function Text({ src }: { src: string }) {
  const text = useSignal<string | null>(null);
  useEffect(() => {
    let gone = false;
    void fetch(src)
      .then((answer) => (answer.ok ? answer.text() : "The text cannot be read."))
      .then((found) => !gone && (text.value = found));
    return () => void (gone = true);
  }, [src]);
  return text.value === null ? <div class="waiting" /> : <Markdown text={text.value} />;
}
