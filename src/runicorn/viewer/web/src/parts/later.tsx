// A component that is loaded when the browser has time, or when it is first drawn.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

/** `early`: keys open it, and what is typed next must find it. */
export function later<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, early = false): ComponentType<P> {
  const loaded = signal<ComponentType<P> | null>(null);
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    load().then(({ default: Component }) => (loaded.value = Component), () => (asked = false));
  };
  if (early) setTimeout(ask, 1000);
  return function Later(props: P) {
    ask();
    const Component = loaded.value;
    return Component && <Component {...props} />;
  };
}
