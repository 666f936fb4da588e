// Rewards and the like for people.
import { number } from "../parts/format";

const WORDS: Record<string, string> = { nan: "NaN", inf: "∞", "-inf": "−∞", Infinity: "∞", "-Infinity": "−∞" };

/** A reward: .94, −1.2; "–" for none. */
export function worth(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return WORDS[value] ?? value;
  const text = Math.abs(value) < 100 && Math.abs(value) >= 0.005 ? value.toFixed(2).replace("-", "−") : number(value, 3);
  return text.replace(/^(−?)0\./, "$1.");
}

/** An advantage: +1.3, −.4. */
export function signed(value: number): string {
  return value > 0 ? `+${worth(value)}` : worth(value);
}

/** A share: 4%, <1%. */
export function share(value: number | null): string {
  if (value === null) return "";
  const percent = 100 * value;
  return percent > 0 && percent < 1 ? "<1%" : `${Math.round(percent)}%`;
}

/** Two ends, or as far beyond them as some values lie. */
export function around([least, most]: [number, number], values: (number | null)[]): [number, number] {
  const known = values.filter((value) => value !== null);
  return [Math.min(least, ...known), Math.max(most, ...known)];
}

/** Where a value lies between two ends, 0 … 1. */
export function between(value: number | string | null, ends: [number, number] | null): number {
  if (typeof value !== "number" || !ends) return 0;
  const [lo, hi] = [Math.min(0, ends[0]), ends[1]];
  return hi > lo ? Math.max(0, Math.min(1, (value - lo) / (hi - lo))) : 1;
}
