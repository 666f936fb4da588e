// Light or dark: as the system is, or as was chosen here.
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "runicorn.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark", whichever is seen. */
export const scheme = signal<"light" | "dark">("light");
/** What was chosen. */
export const chosen = signal<Theme>("system");

function apply(): void {
  const said = kept();
  chosen.value = said === "light" || said === "dark" ? said : "system";
  const seen = chosen.value === "system" ? (dark.matches ? "dark" : "light") : chosen.value;
  document.documentElement.dataset.theme = seen;
  scheme.value = seen;
}

export function follow(): void {
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  apply();
}

export function choose(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  apply();
}

/** What was chosen; a page in a frame of another may not be let to know. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The other one; the system's own is followed again when that is it. */
export function turn(): void {
  const next = scheme.peek() === "dark" ? "light" : "dark";
  choose(next === (dark.matches ? "dark" : "light") ? "system" : next);
}
