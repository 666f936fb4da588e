// Lists of texts as one text, in addresses and in what the server is asked.

/** Separated by commas; a comma or backslash in a text has a backslash in front. */
export function join(texts: string[]): string {
  return texts.map((text) => text.replace(/[\\,]/g, "\\$&")).join(",");
}

/** The texts that were joined. */
export function split(text: string): string[] {
  const parts = text.match(/(?:\\.|[^,\\])+/gs) ?? [];
  return parts.map((part) => part.replace(/\\(.)/gs, "$1"));
}
