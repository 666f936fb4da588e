// Which artifact and version the address means: "/artifacts/model.pt@v3", or with the beginning of a digest behind the @.
import { computed } from "@preact/signals";
import { goTo, place } from "../state/place";
import { setOwn } from "../state/view";
import type { Kind } from "./answers";

const NAMED = /^(.*?)(?:@(?:v(\d+)|([0-9a-f]{6,64})))?$/s;

/** The name, and the number or digest of the version, "" for the newest. */
export function named(text: string): { name: string; version: string } {
  const [, name = "", number, digest] = NAMED.exec(text) ?? [];
  return { name, version: number ?? digest ?? "" };
}

export const chosen = computed(() => named(place.value.rest.join("/")));

/** Goes to an artifact; "" to none. */
export function choose(kind: Kind | "", name: string, version: number | "" = ""): void {
  setOwn({ kind }, true);
  goTo(name ? `/artifacts/${encodeURIComponent(name)}${version && `@v${version}`}` : "/artifacts");
}
