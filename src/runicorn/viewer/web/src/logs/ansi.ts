// Text with the escape sequences of terminals, as pieces of text with a look. Only looks are understood; all other
// sequences are left out, and of links the text stays.
import { indexed, type Rgb } from "./colour";

/** How a piece looks; what it does not have is as usual. */
export interface Look {
  colour?: Rgb;
  ground?: Rgb;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  strike?: boolean;
  inverse?: boolean;
}

/** A piece of text, and where it begins in the text that it was taken from. */
export interface Piece {
  text: string;
  from: number;
  look: Look;
}

// CSI; OSC, DCS and the like up to BEL or ST, or to the end; those of two characters.
const SEQUENCE = /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])|(?:\x1b[\]P^_X]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$|(?=\x1b))|\x1b[ -/]*[0-~]?/g;

/** The pieces of a text, which begins without any look. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let look: Look = {};
  let from = 0;
  const add = (to: number) => to > from && found.push({ text: text.slice(from, to), from, look });
  for (const sequence of text.matchAll(SEQUENCE)) {
    add(sequence.index);
    if (sequence[2] === "m") look = changed(look, sequence[1]);
    from = sequence.index + sequence[0].length;
  }
  add(text.length);
  return found;
}

const ON: Record<number, keyof Look> = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline" };
const OFF: Record<number, (keyof Look)[]> = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["strike"],
  39: ["colour"],
  49: ["ground"],
};

function changed(before: Look, parameters: string): Look {
  const codes = parameters.split(";").map((code) => code.split(":").map(Number));
  let look = { ...before };
  for (let at = 0; at < codes.length; at++) {
    const [code, kind] = codes[at];
    if (code === 0) look = {};
    else if (code === 4 && kind === 0) delete look.underline;
    else if (ON[code]) look = { ...look, [ON[code]]: true };
    else if (OFF[code]) for (const name of OFF[code]) delete look[name];
    else if (code === 38 || code === 48) {
      const joined = codes[at].length > 1;
      const said = joined ? codes[at].slice(1) : codes.slice(at + 1, at + 5).map(([one]) => one);
      const found = extended(said, joined);
      if (found) look[code === 38 ? "colour" : "ground"] = found;
      if (!joined) at += said[0] === 5 ? 2 : said[0] === 2 ? 4 : 0;
    } else plain(code, look);
  }
  return look;
}

function plain(code: number, look: Look): void {
  const [tens, ones] = [Math.floor(code / 10), code % 10];
  if (ones > 7) return;
  if (tens === 3 || tens === 9) look.colour = indexed(ones + (tens === 9 ? 8 : 0));
  else if (tens === 4 || tens === 10) look.ground = indexed(ones + (tens === 10 ? 8 : 0));
}

/** 5;n or 2;r;g;b. With colons a colour space may stand before the three. */
function extended(said: number[], joined: boolean): Rgb | undefined {
  const levels = said[0] === 5 ? said.slice(1, 2) : joined && said.length > 4 ? said.slice(2, 5) : said.slice(1, 4);
  if (!levels.every((level) => level >= 0 && level <= 255)) return undefined;
  if (said[0] === 5 && levels.length === 1) return indexed(levels[0]);
  if (said[0] === 2 && levels.length === 3) return [levels[0], levels[1], levels[2]];
  return undefined;
}
