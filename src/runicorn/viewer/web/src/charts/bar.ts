// One bar among others.

/** Where a bar from 0 to a value begins and how wide it is, in percent, among values from lo to hi. */
export function bar(value: number, lo: number, hi: number): { left: number; width: number } {
  const [from, to] = [Math.min(lo, 0), Math.max(hi, 0)];
  if (!Number.isFinite(value) || to === from) return { left: 0, width: 0 };
  const at = (place: number) => ((place - from) / (to - from)) * 100;
  return { left: at(Math.min(value, 0)), width: at(Math.max(value, 0)) - at(Math.min(value, 0)) };
}
