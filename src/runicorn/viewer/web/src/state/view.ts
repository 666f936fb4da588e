// The view as signals. It changes here only, and with it the address; back and forward change it back.
import { computed, signal } from "@preact/signals";
import { decode, encode, type View } from "./url";

const current = signal<View>(decode(location.search));

// The token has become a cookie by now: addresses that are passed on do without it.
if (new URLSearchParams(location.search).has("token")) {
  const text = encode(current.peek());
  history.replaceState(null, "", `${location.pathname}${text && "?"}${text}`);
}

/** The view: read it where something depends on all of it. */
export const view = current;

/** One part of the view; what depends on it is not drawn anew when other parts change. */
export function part<T>(of: (view: View) => T) {
  let last: T;
  let text = "\0";
  return computed(() => {
    const found = of(current.value);
    const told = JSON.stringify(found);
    if (told !== text) [last, text] = [found, told];
    return last;
  });
}

/** Changes the view. `quiet`: no step of the way back, for what changes with each key or move. */
export function change(changed: Partial<View>, quiet = false): void {
  current.value = { ...current.value, ...changed };
  const text = encode(current.value);
  const address = `${location.pathname}${text && "?"}${text}`;
  if (address === location.pathname + location.search) return;
  if (quiet) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
}

/** Parts of the view that are on or off. */
export type Switchable = "log" | "full" | "band" | "logX";

/** Turns one of them on or off. */
export function turn(name: Switchable): void {
  change({ [name]: !current.peek()[name] });
}

addEventListener("popstate", () => (current.value = decode(location.search)));

/** A part of the view that one page alone has; "" where the address does not say it. */
export function own(name: string) {
  return part((view) => view.own[name] ?? "");
}

/** Changes parts that one page alone has; "" is as usual. */
export function setOwn(changed: Record<string, string>, quiet = false): void {
  const all = Object.entries({ ...current.peek().own, ...changed });
  change({ own: Object.fromEntries(all.filter(([, text]) => text)) }, quiet);
}
