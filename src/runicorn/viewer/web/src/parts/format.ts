// Numbers, times and names as text for people.

const PREFIXES: [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** A value with `digits` significant digits: 0.9392, 0.7200 where it was rounded to that, 1.23e-7, 12,346. */
export function number(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return minus(tidy(value.toExponential(digits - 1)));
  if (size >= 10 ** digits - 0.5) return minus(count(value)); // what is rounded up to that would be told as 1.000e+4
  const rounded = value.toPrecision(digits);
  return minus(Number(rounded) === value ? String(value) : rounded.replace(/\.$/, ""));
}

/** A tick of an axis: 2.5M, 0.01, 1e-5. `apart`: how far ticks are apart, which says how many digits they need. */
export function tick(value: number, apart: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  // All ticks of an axis alike: 8e-5 is below 1e-4, and not below 0.0001.
  const digits = Math.min(15, Math.max(2, Math.ceil(Math.log10(size / apart))));
  if (size < 1e-4 || (apart < 1e-4 && size < 1e-2)) return minus(tidy(value.toExponential(digits)));
  const [unit, prefix] = PREFIXES.find(([least]) => size >= least && (least > 1e3 || size >= 1e4)) ?? [1, ""];
  return minus((value / unit).toFixed(places(apart / unit)) + prefix);
}

/** How many digits behind the point ticks so far apart need: 2 for 0.25. */
function places(apart: number): number {
  const whole = (scaled: number) => Math.abs(scaled - Math.round(scaled)) < 1e-3 * scaled;
  return [0, 1, 2, 3, 4, 5, 6, 7].find((digits) => whole(apart * 10 ** digits)) ?? 8;
}

/** Steps and counts: 12,345. What Intl would do it with takes 10 ms to be made. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Bytes as 512 B, 1.2 MB. */
export function bytes(amount: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const at = amount < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(amount) / 3));
  return `${at ? (amount / 1000 ** at).toFixed(1) : amount} ${units[at]}`;
}

/** Seconds as 850ms, 5.7s, 12s, 3m 20s, 1h 12m, 2d 4h, as `runicorn ls` rounds them. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 0) return `−${duration(-seconds)}`;
  if (seconds < 1e-3 && seconds > 0) return `${number(seconds * 1e6, 2)}µs`;
  if (seconds < 0.9995 && seconds > 0) return `${number(seconds * 1e3, 3)}ms`;
  if (seconds < 9.95) return `${seconds % 1 ? seconds.toFixed(1) : seconds}s`;
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  const told = parts.slice(first, first + 2).filter(([amount], place) => amount > 0 || place === 0);
  return told.map(([amount, unit]) => `${amount}${unit}`).join(" ");
}

/** How long ago: "3m ago"; `now` in seconds since the epoch. */
export function ago(time: number, now: number): string {
  const passed = Math.floor(now - time);
  if (passed < 1) return "now";
  return `${duration(passed).split(" ")[0]} ago`;
}

/** A moment of this machine's clock: 2026-01-31 12:00:05. */
export function moment(time: number): string {
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const two = (amount: number) => String(amount).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Any value of a config or summary. */
export function value(found: unknown): string {
  if (found === null || found === undefined) return "";
  if (typeof found === "number") return number(found);
  if (typeof found === "string") return found;
  if (Array.isArray(found) && found.every((one) => typeof one === "string")) return found.join(" ");
  return JSON.stringify(found);
}

function tidy(text: string): string {
  return text.replace(/\.?0+e/, "e").replace("e+", "e");
}

function minus(text: string): string {
  return text.replace(/^-/, "−");
}
