// Parts of a page whose code is fetched when they are first seen.
import { signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";

/** A component that is nothing until its code has come. */
export function lazy<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>): (props: Props) => VNode | null {
  const loaded = signal<{ Part: ComponentType<Props> } | null>(null);
  let asked = false;
  return (props: Props) => {
    if (!asked) {
      asked = true;
      void load().then(({ default: Part }) => (loaded.value = { Part }));
    }
    const Part = loaded.value?.Part;
    return Part ? <Part {...props} /> : null;
  };
}
