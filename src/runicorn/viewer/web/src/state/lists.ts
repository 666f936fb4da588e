// Lists of texts: as one text, in addresses and in what the server is asked, and in another order.

/** Separated by commas; a comma or backslash in a text has a backslash in front. */
export function join(texts: string[]): string {
  return texts.map((text) => text.replace(/[\\,]/g, "\\$&")).join(",");
}

/** The texts that were joined. */
export function split(text: string): string[] {
  const parts = text.match(/(?:\\.|[^,\\])+/gs) ?? [];
  return parts.map((part) => part.replace(/\\(.)/gs, "$1"));
}

/** The keys with one of them moved before the `to`th. */
export function moved(keys: string[], key: string, to: number): string[] {
  const from = keys.indexOf(key);
  const others = keys.filter((one) => one !== key);
  others.splice(from >= 0 && from < to ? to - 1 : to, 0, key);
  return others;
}
