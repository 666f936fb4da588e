// Where the ticks of an axis stand. uPlot's own for logarithms can go on for ever: a sum that it rounds to 0.

const MOST = 60;
const FEWEST = 3; // ticks of a logarithmic axis: with fewer between its ends they stand as on any other
const DECADES = 15; // with more, every second or third power of ten

/** Multiples of `apart` from lo to hi. */
export function linear(lo: number, hi: number, apart: number): number[] {
  const first = Math.ceil(lo / apart - 1e-9);
  const amount = Math.min(MOST, Math.floor(hi / apart + 1e-9) - first + 1);
  return Array.from({ length: Math.max(0, amount) }, (_, at) => Number(((first + at) * apart).toPrecision(14)));
}

/** 1, 2, 3 … 9, 10, 20 … from lo to hi, or powers of ten alone where they are many. */
export function logarithmic(lo: number, hi: number): number[] {
  const [first, last] = [Math.floor(Math.log10(lo)), Math.ceil(Math.log10(hi))];
  const by = Math.ceil((last - first + 1) / DECADES);
  const ones = by === 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1];
  const powers = Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, at) => first + at * by);
  const found = powers.flatMap((power) => ones.map((one) => Number(`${one}e${power}`))).filter((tick) => tick >= lo && tick <= hi);
  return found.length < FEWEST ? linear(lo, hi, nice((hi - lo) / FEWEST)) : found;
}

/** The greatest of 1, 2 and 5 times a power of ten that is at most so large. */
function nice(most: number): number {
  const power = Math.floor(Math.log10(most));
  const one = [5, 2, 1].find((times) => Number(`${times}e${power}`) <= most) ?? 1;
  return Number(`${one}e${power}`);
}

/** Which logarithmic ticks have a label: powers of ten; where those are few others too, as many as have room. */
export function labelled(ticks: number[], lo: number, hi: number): (number | null)[] {
  const decades = Math.log10(hi / lo);
  const told = decades < 0.5 ? /./ : decades < 1 ? /^[1-57]/ : decades < 2.5 ? /^[125]/ : /^1/;
  return ticks.map((tick) => (told.test(tick.toExponential(0)) ? tick : null));
}

/** Moments as a clock shows them, with the day where it is another one than before: 01-31 23:50, 01-31 23:55, 02-01. */
export function clocks(ticks: (number | null)[]): string[] {
  const seconds = ticks.some((one) => one !== null && one % 60 !== 0);
  let day = "";
  return ticks.map((one) => {
    if (one === null) return "";
    const date = new Date(one * 1000);
    const today = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? `:${two(date.getSeconds())}` : ""}`;
    const fresh = today !== day;
    day = today;
    if (!fresh) return clock;
    return date.getHours() + date.getMinutes() + date.getSeconds() ? `${today} ${clock}` : today;
  });
}

function two(amount: number): string {
  return String(amount).padStart(2, "0");
}
