// What the cells of strips show.
import { own, setOwn } from "../state/view";

const said = own("cells");

/** Of the points of a cell: the greatest, or their mean. */
export function cells(): "max" | "mean" {
  return said.value === "mean" ? "mean" : "max";
}

export function turnCells(): void {
  setOwn({ cells: said.peek() === "mean" ? "" : "mean" });
}
