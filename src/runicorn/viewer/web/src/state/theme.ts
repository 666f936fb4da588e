// Light or dark: as the system is, or as was chosen here.
import { signal } from "@preact/signals";

const KEY = "runicorn.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark", whichever is seen. */
export const scheme = signal<"light" | "dark">("light");

export function follow(): void {
  const apply = () => {
    const chosen = kept();
    scheme.value = (chosen ?? (dark.matches ? "dark" : "light")) === "dark" ? "dark" : "light";
    document.documentElement.dataset.theme = scheme.value;
  };
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
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
  if (next === (dark.matches ? "dark" : "light")) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  document.documentElement.dataset.theme = next;
  scheme.value = next;
}
