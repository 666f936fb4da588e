// Parts of a page that are not there at first: they are loaded when the browser has time, or when they are needed.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

/** A component that is loaded later; nothing stands in its place before. */
export function later(load: () => Promise<{ default: ComponentType }>): ComponentType {
  const loaded = signal<ComponentType | null>(null);
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    void load().then(({ default: Part }) => (loaded.value = Part));
  };
  setTimeout(ask, 1000);
  return function Later() {
    ask();
    const Part = loaded.value;
    return Part && <Part />;
  };
}
