// The tree of paths: a click shows the runs at and below one.
import { signal, useComputed } from "@preact/signals";
import { get, type TreeAnswer } from "../server/api";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { change, part } from "../state/view";
import { tree, type Node } from "./paths";

const OPEN = 60; // with more paths than this, only the first floor is open

export const paths = signal<TreeAnswer>({ paths: {}, running: [], total: 0, roots: [] });
const path = part((view) => view.path);
/** What was opened or closed by hand. */
const turned = signal<Map<string, boolean>>(new Map());

/** Asks for the tree. */
export async function renewTree(): Promise<void> {
  paths.value = await get<TreeAnswer>("tree").catch(() => paths.peek());
}

export function Tree() {
  const root = useComputed(() => tree(paths.value.paths));
  const many = useComputed(() => Object.keys(paths.value.paths).length > OPEN);
  return (
    <nav class="tree" aria-label="Paths">
      <ul role="tree">
        <Item name="all runs" path="" runs={paths.value.total} chosen={path.value === ""} />
        {root.value.below.map((node) => (
          <Branch key={node.path} node={node} depth={0} open={!many.value} />
        ))}
      </ul>
    </nav>
  );
}

function Branch({ node, depth, open }: { node: Node; depth: number; open: boolean }) {
  const opened = turned.value.get(node.path) ?? (open || path.value.startsWith(`${node.path}/`));
  const turn = () => (turned.value = new Map(turned.value).set(node.path, !opened));
  return (
    <Item {...node} chosen={path.value === node.path} depth={depth} opened={node.below.length ? opened : undefined} turn={turn}>
      {opened && node.below.length > 0 && (
        <ul role="group">
          {node.below.map((one) => (
            <Branch key={one.path} node={one} depth={depth + 1} open={open} />
          ))}
        </ul>
      )}
    </Item>
  );
}

interface ItemProps {
  name: string;
  path: string;
  runs: number;
  chosen: boolean;
  depth?: number;
  opened?: boolean;
  turn?: () => void;
  children?: preact.ComponentChildren;
}

function Item({ name, path, runs, chosen, depth = 0, opened, turn, children }: ItemProps) {
  return (
    <li role="treeitem" aria-selected={chosen} aria-expanded={opened}>
      <div class={`branch ${chosen ? "chosen" : ""}`} style={{ paddingLeft: `${depth * 12}px` }}>
        <button class="plain turn" tabIndex={-1} aria-label={opened ? "Close" : "Open"} onClick={turn}>
          {opened !== undefined && <Icon name={opened ? "down" : "right"} />}
        </button>
        <button class="path" title={path || "all runs"} onClick={() => change({ path })}>
          <span class="text">{name}</span>
          <span class="amount">{count(runs)}</span>
        </button>
      </div>
      {children}
    </li>
  );
}
