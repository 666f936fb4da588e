// Which page the address means, by its path: "/", "/run/<id>/<tab>", "/trash" …
import { computed, signal } from "@preact/signals";

const path = signal(location.pathname);

/** The page's name, "" for the workspace, and what its path says behind it. */
export const place = computed(() => {
  const [page = "", ...rest] = path.value.split("/").slice(1).map(decodeURIComponent);
  return { page, rest: rest.filter(Boolean) };
});

/** The address of a run's page, or of one of its tabs. */
export function runPage(run: string, tab = ""): string {
  return `/run/${encodeURIComponent(run)}${tab && `/${tab}`}`;
}

/** An address, with the root that this page is about. */
export function rooted(address: string): string {
  const root = new URLSearchParams(location.search).get("root");
  return root ? `${address}${address.includes("?") ? "&" : "?"}root=${encodeURIComponent(root)}` : address;
}

/** Goes to another part of the same page; what the address says behind "?" stays. */
export function goTo(next: string): void {
  if (next === location.pathname) return;
  history.pushState(null, "", next + location.search);
  path.value = next;
}

addEventListener("popstate", () => (path.value = location.pathname));
