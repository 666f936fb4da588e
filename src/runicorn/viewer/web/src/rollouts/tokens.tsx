// The tokens of a message, each the darker the more it counts: by advantage, or by how unlikely it was.
import { count, number } from "../parts/format";
import type { Shade, Token } from "./answers";

const UNLIKELY = 5; // a log-probability of −5 or less is as dark as any
const DARKEST = 38; // percent

export function Tokens({ tokens, count: all, by }: { tokens: Token[]; count: number; by: Shade }) {
  const most = Math.max(1e-12, ...tokens.map((one) => Math.abs(one.advantage ?? 0)));
  return (
    <div class="rollout-text rollout-tokens">
      {tokens.map((one, at) => (
        <span key={at} style={{ background: colour(one, by, most) }} title={`${by} ${told(one[by])}`}>
          {one.token}
        </span>
      ))}
      {all > tokens.length && <p class="muted">… the first {count(tokens.length)} of {count(all)} tokens</p>}
    </div>
  );
}

function colour(one: Token, by: Shade, most: number): string | undefined {
  const value = one[by];
  if (value === null || value === undefined || value === 0) return undefined;
  const dark = by === "advantage" ? Math.abs(value) / most : Math.min(1, -value / UNLIKELY);
  const hue = by === "logprob" ? "--warn" : value > 0 ? "--good" : "--bad";
  return `color-mix(in srgb, var(${hue}) ${Math.max(0, DARKEST * dark).toFixed(1)}%, transparent)`;
}

function told(value: number | null | undefined): string {
  return value === null || value === undefined ? "not told" : number(value, 3);
}
