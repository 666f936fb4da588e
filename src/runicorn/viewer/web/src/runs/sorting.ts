// The order of the table.

/** What a click makes of the order: largest first, smallest first, as it was. Alone, or as one more key. */
export function sorted(before: string[], key: string, more: boolean): string[] {
  const now = before.find((one) => one === key || one === `-${key}`);
  const next = now === undefined ? [`-${key}`] : now.startsWith("-") ? [key] : [];
  if (!more) return next;
  return now === undefined ? [...before, ...next] : before.flatMap((one) => (one === now ? next : one));
}
