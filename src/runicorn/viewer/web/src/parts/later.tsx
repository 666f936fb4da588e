// A component that is loaded when it is first drawn.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

export function later<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  const loaded = signal<ComponentType<P> | null>(null);
  let asked = false;
  return function Later(props: P) {
    if (!asked) void load().then(({ default: Component }) => (loaded.value = Component));
    asked = true;
    const Component = loaded.value;
    return Component && <Component {...props} />;
  };
}
