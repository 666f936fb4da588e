// Kinds of smoothing, as the server has them: "ema:0.9".

export const KINDS = {
  none: { least: 0, most: 0, by: 1, usual: 0 },
  ema: { least: 0.05, most: 0.99, by: 0.01, usual: 0.9 },
  twema: { least: 0.05, most: 0.99, by: 0.01, usual: 0.9 },
  mean: { least: 3, most: 201, by: 2, usual: 21 },
  median: { least: 3, most: 201, by: 2, usual: 21 },
  gaussian: { least: 0.5, most: 100, by: 0.5, usual: 10 },
};

export type Kind = keyof typeof KINDS;

/** What a text such as "ema:0.9" says. */
export function kindOf(text: string): { kind: Kind; amount: number } {
  const [kind, amount] = text.split(":");
  if (!(kind in KINDS)) return { kind: "none", amount: 0 };
  return { kind: kind as Kind, amount: Number(amount) || KINDS[kind as Kind].usual };
}

export function join(kind: Kind, amount: number): string {
  return kind === "none" ? "" : `${kind}:${amount}`;
}

/** The kind with its usual amount. */
export function next(kind: Kind): string {
  return join(kind, KINDS[kind].usual);
}

/** The kind behind this one, for a key that goes through them. */
export function following(text: string): string {
  const kinds = Object.keys(KINDS) as Kind[];
  return next(kinds[(kinds.indexOf(kindOf(text).kind) + 1) % kinds.length]);
}
