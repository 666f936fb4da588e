// A piece of a line with its look, in colours that are legible on this page.
import type { CSSProperties, JSX } from "preact";
import { scheme } from "../state/theme";
import type { Look } from "./ansi";
import { css, legible, mixed, type Rgb } from "./colour";
import type { Shown } from "./text";

const PAPER: Record<string, { text: Rgb; ground: Rgb }> = {
  light: { text: [28, 30, 33], ground: [255, 255, 255] },
  dark: { text: [228, 230, 233], ground: [26, 29, 33] },
};

export function piece({ text, look, hit }: Shown): JSX.Element | string {
  const style = styled(look);
  if (hit) return <mark style={style}>{text}</mark>;
  return style ? <span style={style}>{text}</span> : text;
}

/** The look as CSS, with colours that are legible on this page. */
function styled(look: Look): CSSProperties | undefined {
  if (!Object.keys(look).length) return undefined;
  const paper = PAPER[scheme.value];
  let [colour, ground] = [look.colour, look.ground];
  if (look.inverse) [colour, ground] = [ground ?? paper.ground, colour ?? paper.text];
  if (look.dim) colour = mixed(colour ?? paper.text, ground ?? paper.ground, 0.4);
  if (ground && !colour) colour = paper.text;
  const lines = [look.underline && "underline", look.strike && "line-through"].filter(Boolean).join(" ");
  return {
    color: colour && css(legible(colour, ground ?? paper.ground)),
    backgroundColor: ground && css(ground),
    fontWeight: look.bold ? 700 : undefined,
    fontStyle: look.italic ? "italic" : undefined,
    textDecoration: lines || undefined,
  };
}
