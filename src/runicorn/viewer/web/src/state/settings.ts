// What was set in this browser, for all roots: it is about whoever looks, and so in no address.
import { signal } from "@preact/signals";

const KEY = "runicorn.settings";

export interface Settings {
  /** Rows of the table are so high. */
  density: "compact" | "roomy";
  /** Columns of the table, where the address does not name them. */
  columns: number;
}

export const USUAL: Settings = { density: "compact", columns: 8 };
export const MOST_COLUMNS = 20;

export const settings = signal<Settings>(read());

/** Sets some of them, here and in the other pages of this browser. */
export function set(changed: Partial<Settings>): void {
  settings.value = { ...settings.peek(), ...changed };
  localStorage.setItem(KEY, JSON.stringify(settings.peek()));
}

addEventListener("storage", ({ key }) => key === KEY && (settings.value = read()));

function read(): Settings {
  let found: Partial<Settings> = {};
  try {
    found = (JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Settings> | null) ?? {};
  } catch {
    // as usual, then
  }
  const { density, columns } = found;
  return {
    density: density === "roomy" ? density : USUAL.density,
    columns: Number.isInteger(columns) && columns! >= 0 && columns! <= MOST_COLUMNS ? columns! : USUAL.columns,
  };
}
