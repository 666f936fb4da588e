// Paths as a tree, with how many runs are below each.
import { natural } from "../parts/natural";

export interface Node {
  name: string;
  path: string;
  runs: number; // here and below
  below: Node[];
}

/** The tree of these paths and the runs that each has; names in the order of the alphabet, 2 before 10. */
export function tree(paths: Record<string, number>): Node {
  const root: Node = { name: "", path: "", runs: 0, below: [] };
  const known = new Map<string, Node>([["", root]]);
  for (const [path, runs] of Object.entries(paths).sort(([a], [b]) => natural(a, b))) {
    root.runs += runs;
    const names = path.split("/").filter((name) => name);
    let above = root;
    for (let depth = 1; depth <= names.length; depth++) {
      const here = names.slice(0, depth).join("/");
      let node = known.get(here);
      if (!node) {
        node = { name: names[depth - 1], path: here, runs: 0, below: [] };
        known.set(here, node);
        above.below.push(node);
      }
      node.runs += runs;
      above = node;
    }
  }
  return root;
}
