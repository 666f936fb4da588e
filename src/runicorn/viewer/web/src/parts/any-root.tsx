// The switch between roots, on pages that are not told of them with what they ask for anyway.
import { signal } from "@preact/signals";
import { get } from "../server/api";
import { Roots } from "./roots";

/** Where those lie that the viewer shows; none before that is known. */
export const roots = signal<string[]>([]);
let asked: Promise<unknown> | null = null;

/** Asks which there are, once. */
export function learnRoots(): void {
  asked ??= get<{ roots: { root: string }[] }>("info").then(
    (told) => (roots.value = told.roots.map(({ root }) => root)),
    () => (asked = null),
  );
}

export function AnyRoot() {
  learnRoots();
  return <Roots roots={roots.value} />;
}
