// Files in which the code of two runs differs, and their lines.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes } from "../parts/format";
import { join, split } from "../state/lists";
import { narrow } from "../state/screen";
import { own, setOwn } from "../state/view";
import { linesOf, type FileRow, type Hunk, type Settings, type Side } from "./answers";
import { beside, type Pair } from "./beside";
import { git } from "./once";
import { Section, Values } from "./rows";
import { without } from "./sections";

const OPEN = 3; // files whose lines are shown at first
const unified = own("unified");
/** Files that are open though they are not at first, or closed though they are open at first. */
const turned = own("turned");

function turn(name: string): void {
  const names = split(turned.peek());
  setOwn({ turned: join(names.includes(name) ? names.filter((one) => one !== name) : [...names, name]) });
}

export const turnUnified = () => setOwn({ unified: unified.peek() ? "" : "1" });

/** Opens the next file, or (-1) the one before, and goes there. */
export function nextFile(by: number): void {
  const all = [...document.querySelectorAll<HTMLElement>(".files summary")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (!next) return;
  if (!(next.parentElement as HTMLDetailsElement).open) next.click();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start" });
}

export function Code({ told }: { told: Settings }) {
  const { a, b, code: rows } = told;
  return (
    <>
      <Section name="code" rows={rows.filter(({ file }) => file)} empty={whyNone(a, b) || "no files"}>
        {(shown) => (
          <div class="files">
            {!narrow.value && (
              <button
                class={`switch ${unified.value ? "on" : ""}`}
                aria-pressed={!!unified.value}
                title="One column of lines, not two (u)"
                onClick={turnUnified}
              >
                unified
              </button>
            )}
            {[...shown].sort(byLines).map((row, at) => (
              <File key={row.name} row={row} open={(at < OPEN && !!row.lines) !== split(turned.value).includes(row.name)} />
            ))}
          </div>
        )}
      </Section>
      <Values name="git" rows={git(told)} empty={a.snapshot || b.snapshot ? "no checkout of git" : "kept with a snapshot"} />
    </>
  );
}

/** Why there are no files: it failed, or nobody asked for it; "": there are. */
function whyNone(a: Side, b: Side): string {
  const failed = Object.entries({ A: a, B: b }).flatMap(([letter, { snapshot_reason: why }]) => (why ? [`${letter} has no snapshot of the code: ${why}`] : []));
  const [hasA, hasB] = [a, b].map((side) => side.snapshot || !!side.snapshot_reason);
  const who = without(hasA, hasB);
  if (who) failed.push(`${who} ${hasA || hasB ? "" : "a "}snapshot of the code: init(snapshot_code=True) takes one.`);
  return failed.join(" ");
}

/** Those whose lines were compared come first. */
function byLines(one: FileRow, other: FileRow): number {
  return Number(!one.lines) - Number(!other.lines);
}

function File({ row, open }: { row: FileRow; open: boolean }) {
  const hunks = useSignal<Hunk[] | null | undefined>(undefined);
  useEffect(() => {
    if (open && hunks.peek() === undefined) void linesOf(row.name).then((found) => (hunks.value = found));
  }, [open]);
  const toggle = (event: Event) => {
    event.preventDefault(); // the address says what is open
    turn(row.name);
  };
  return (
    <details open={open}>
      <summary onClick={toggle}>
        <code>{row.name}</code> <Change row={row} />
      </summary>
      {hunks.value === null && <p class="muted">Not compared by lines: it is not text, or too large.</p>}
      {hunks.value?.length === 0 && <p class="muted">No line differs.</p>}
      {hunks.value?.map((hunk) => (unified.value || narrow.value ? <Unified hunk={hunk} /> : <Beside hunk={hunk} />))}
    </details>
  );
}

function Change({ row: { a, b, lines, same } }: { row: FileRow }) {
  if (same) return <span class="muted">the same</span>;
  if (a === undefined) return <span class="added">only in B, {bytes(Number(b))}</span>;
  if (b === undefined) return <span class="removed">only in A, {bytes(Number(a))}</span>;
  if (!lines) return <span class="muted">{`${bytes(Number(a))} → ${bytes(Number(b))}`}</span>;
  return (
    <span>
      <span class="added">+{lines[0]}</span> <span class="removed">−{lines[1]}</span>
    </span>
  );
}

function Unified({ hunk }: { hunk: Hunk }) {
  const marks: Record<string, string> = { "+": "added", "-": "removed", " ": "" };
  return (
    <pre class="hunk">
      <span class="muted">{`@@ ${hunk.a} → ${hunk.b} @@\n`}</span>
      {hunk.lines.map((line, at) => (
        <span key={at} class={marks[line[0]]}>{`${line}\n`}</span>
      ))}
    </pre>
  );
}

function Beside({ hunk }: { hunk: Hunk }) {
  const pairs = useComputed(() => beside(hunk));
  return (
    <table class="hunk beside">
      <tbody>
        {pairs.value.map((pair, at) => (
          <tr key={at}>
            <Half line={pair.a} mark={pair.kind === "same" ? "" : "removed"} />
            <Half line={pair.b} mark={pair.kind === "same" ? "" : "added"} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Half({ line, mark }: { line: Pair["a"]; mark: string }) {
  return (
    <>
      <td class="number">{line?.number}</td>
      <td class={line ? mark : "absent"}>
        <code>{line?.text}</code>
      </td>
    </>
  );
}
