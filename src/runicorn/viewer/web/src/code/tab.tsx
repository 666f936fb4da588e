// The code of a run: its files as a tree, one of them, and what git said.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes, count } from "../parts/format";
import { Icon } from "../parts/icon";
import { told } from "../run/run";
import { tree, type Node } from "../runs/paths";
import { get, Refused, type Value } from "../server/api";
import { follow } from "../state/keys";
import { own, setOwn } from "../state/view";
import { first } from "./first";
import { Source } from "./source";

interface Answer {
  files: Record<string, number>;
  changed: string[];
  git: Record<string, Value>;
  reason: string | null;
}

/** The name of what is no file: the difference to git's commit. */
const PATCH = " patch";
const file = own("file");

export default function Tab({ run }: { run: string }) {
  const found = useSignal<Answer | null>(null);
  const problem = useSignal("");
  useEffect(() => {
    get<Answer>(`runs/${encodeURIComponent(run)}/code`).then(
      (answer) => (found.value = answer),
      (error: Refused) => (problem.value = error.message),
    );
  }, [run]);
  useEffect(() => found.value ? follow(keysOf(found.value)) : undefined, [found.value]);
  if (problem.value) return <p class="broken">{problem.value}</p>;
  if (!found.value) return null;
  const { files, changed, git, reason } = found.value;
  const chosen = chosenOf(found.value);
  return (
    <div class="code">
      <nav aria-label="Files">
        <Git git={git} />
        {reason ? <p class="nothing">{reason}</p> : <Files files={files} changed={changed} chosen={chosen} />}
      </nav>
      {chosen && <Source key={chosen} run={run} name={chosen} patch={chosen === PATCH} />}
    </div>
  );
}

/** What is seen: what the address names, or where one begins to read. */
function chosenOf({ files, changed }: Answer): string {
  return file.value === PATCH || file.value in files ? file.value : first(files, changed, told.value!.environment);
}

function keysOf(found: Answer) {
  const names = leaves(tree(found.files));
  const move = (by: number) => {
    const next = names[Math.max(0, names.indexOf(chosenOf(found)) + by)];
    if (next) setOwn({ file: next, at: "" });
  };
  const section = "Code";
  return [
    { section, key: "j", does: "the next file", run: () => move(1) },
    { section, key: "k", does: "the file before", run: () => move(-1) },
    { section, key: "D", does: "download the file", run: () => document.getElementById("download-code")?.click() },
    ...(found.git.diff ? [{ section, key: "p", does: "the changes that are not committed", run: () => setOwn({ file: PATCH }) }] : []),
  ];
}

/** The files below, in the order of the tree. */
function leaves(node: Node): string[] {
  return node.below.length ? node.below.flatMap(leaves) : [node.path];
}

function Git({ git }: { git: Record<string, Value> }) {
  if (!git.commit) return null;
  const changed = Number(git.changed_files_count ?? 0);
  const words = `${count(changed)} changed ${changed === 1 ? "file" : "files"}`;
  return (
    <dl class="git">
      <dt>commit</dt>
      <dd>
        <code title={String(git.commit)}>{String(git.commit).slice(0, 12)}</code> {git.branch && `on ${git.branch}`}
      </dd>
      {git.remote && (
        <>
          <dt>remote</dt>
          <dd>{String(git.remote)}</dd>
        </>
      )}
      {changed > 0 && (
        <>
          <dt>not committed</dt>
          <dd>
            {git.diff ? (
              <button class="link" title="(p)" aria-pressed={file.value === PATCH} onClick={() => setOwn({ file: PATCH })}>
                {words}
              </button>
            ) : (
              words
            )}
          </dd>
        </>
      )}
    </dl>
  );
}

interface Shown {
  files: Record<string, number>;
  changed: string[];
  chosen: string;
}

function Files(shown: Shown) {
  const root = useComputed(() => tree(shown.files));
  return (
    <ul role="tree">
      {root.value.below.map((node) => (
        <Entry key={node.path} {...shown} node={node} depth={0} />
      ))}
    </ul>
  );
}

function Entry({ node, depth, ...shown }: Shown & { node: Node; depth: number }) {
  const { files, changed, chosen } = shown;
  const inside = chosen.startsWith(`${node.path}/`);
  const open = useSignal(depth === 0);
  useEffect(() => void (inside && (open.value = true)), [inside]);
  const folder = node.below.length > 0;
  const choose = () => (folder ? (open.value = !open.value) : setOwn({ file: node.path, at: "" }));
  return (
    <li role="treeitem" aria-expanded={folder ? open.value : undefined} aria-selected={chosen === node.path}>
      <button class={`branch ${chosen === node.path ? "chosen" : ""}`} style={{ paddingLeft: `${8 + depth * 12}px` }} onClick={choose}>
        {folder && <Icon name={open.value ? "down" : "right"} />}
        <span class="text">{node.name}</span>
        {changed.includes(node.path) && (
          <span class="changed" title="Differs from the commit">
            changed
          </span>
        )}
        {!folder && <span class="amount">{bytes(files[node.path])}</span>}
      </button>
      {folder && open.value && (
        <ul role="group">
          {node.below.map((one) => (
            <Entry key={one.path} {...shown} node={one} depth={depth + 1} />
          ))}
        </ul>
      )}
    </li>
  );
}
