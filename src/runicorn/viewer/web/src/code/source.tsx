// A file of the code, highlighted; a click on a line's number keeps it in the address.
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { complain, toast } from "../parts/toast";
import { get, Refused } from "../server/api";
import { own, setOwn } from "../state/view";
import type { Piece } from "./highlight";

const line = own("at");
/** Highlighting more than this takes longer than it is worth. */
const MOST = 200_000;

export function Source({ run, name, patch }: { run: string; name: string; patch: boolean }) {
  const text = useSignal<string | null | undefined>(undefined);
  const problem = useSignal("");
  const pieces = useSignal<Piece[][] | null>(null);
  useEffect(() => {
    [text.value, pieces.value, problem.value] = [undefined, null, ""];
    const way = `runs/${encodeURIComponent(run)}/code/${patch ? "patch" : "file"}`;
    get<{ text: string | null }>(way, { name: patch ? undefined : name }).then(
      (answer) => (text.value = answer.text),
      (error: Refused) => (problem.value = error.message),
    );
  }, [run, name]);
  useSignalEffect(() => {
    const said = text.value;
    if (!said || said.length > MOST) return;
    void import("./highlight").then(({ highlight }) => {
      if (text.peek() === said) pieces.value = highlight(said, patch ? "x.diff" : name);
    });
  });
  const code = useRef<HTMLPreElement>(null);
  useEffect(() => code.current?.querySelector(".chosen")?.scrollIntoView({ block: "nearest" }), [line.value, text.value]);
  const lines = useComputed<Piece[][]>(() => pieces.value ?? (text.value ?? "").split("\n").map((one) => [{ text: one, kind: "" }]));
  return (
    <section class="source" aria-label={patch ? "Not committed" : name} tabIndex={0}>
      <header>
        <h3>{patch ? "changes that are not committed" : name}</h3>
        {typeof text.value === "string" && <Taking text={text.value} name={patch ? "changes.diff" : name} />}
      </header>
      {problem.value && <p class="broken">{problem.value}</p>}
      {text.value === null && <p class="nothing">There is no preview: it is not text, or larger than 2 MB.</p>}
      {typeof text.value === "string" && (
        <pre ref={code}>
          {lines.value.map((found, at) => (
            <div key={at} class={line.value === String(at + 1) ? "chosen" : ""}>
              <button class="number" tabIndex={-1} aria-label={`Line ${at + 1}`} onClick={() => setOwn({ at: String(at + 1) })}>
                {at + 1}
              </button>
              <code>
                {found.map(({ text, kind }, place) => (kind ? <span key={place} class={`hl-${kind}`}>{text}</span> : text))}
              </code>
            </div>
          ))}
        </pre>
      )}
    </section>
  );
}

/** Ways to have the text elsewhere. */
function Taking({ text, name }: { text: string; name: string }) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    Object.assign(document.createElement("a"), { href: address, download: name.split("/").pop() }).click();
    URL.revokeObjectURL(address);
  };
  const refused = () => complain("The browser does not let this page copy.");
  const copy = () => (navigator.clipboard ? navigator.clipboard.writeText(text).then(() => toast("The text is copied."), refused) : refused());
  return (
    <>
      <button class="link" onClick={() => void copy()}>
        copy
      </button>
      <button class="link" id="download-code" title="Download (D)" onClick={save}>
        download
      </button>
    </>
  );
}
