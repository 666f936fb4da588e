// A component that is loaded when it is first drawn, or before.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

/** `early`: keys open it, and what is typed next must find it. So it comes when somebody touches the page at all. */
export function later<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, early = false): ComponentType<P> {
  const loaded = signal<ComponentType<P> | null>(null);
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    load().then(
      ({ default: Component }) => (loaded.value = Component),
      () => (asked = false), // the server is away: it is asked for again when it is wanted again
    );
  };
  if (early) for (const touch of ["keydown", "pointermove"]) addEventListener(touch, ask, { once: true, capture: true });
  return function Later(props: P) {
    ask();
    const Component = loaded.value;
    return Component && <Component {...props} />;
  };
}
