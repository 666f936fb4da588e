// Markdown, as much of it as notes have, as elements: nothing of a text becomes HTML, and pictures are links.
import type { ComponentChildren, VNode } from "preact";

export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; start: number | null; items: Block[][] } // null: its items have no numbers
  | { kind: "table"; head: string[]; rows: string[][] }
  | { kind: "rule" }
  | { kind: "text"; text: string };

/** What a page makes of a text in its own way; null: as anywhere. */
export interface Ways {
  level?: number; // how far below those of the text headings are; 2 where nothing is said
  anchor?: (heading: string) => string; // the id of a heading
  code?: (language: string, text: string) => VNode | null;
  link?: (href: string, label: ComponentChildren, picture: string | null) => VNode | null; // a picture's words
}

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*(\S*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.{1,500}?)(?:\s{1,9}#{1,9})?\s{0,9}$/;
const ITEM = /^(\s{0,6})(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const CELLS = /^\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?\s*)?$/;
const DEEPEST = 8;
const LONGEST_RULE = 1000; // of a table's head: what tries without end would hold up the page
const TASK = /^\[([ xX])\]\s/;

/** The blocks of a text. */
export function blocks(text: string, depth = 0): Block[] {
  const lines = text.split(/\r?\n/);
  const found: Block[] = [];
  let at = 0;
  const take = (holds: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && holds(lines[at])) at++;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    const [, fence, language] = FENCE.exec(line) ?? [];
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    if (!line.trim()) at++;
    else if (fence) {
      at++;
      found.push({ kind: "code", language, text: take((one) => !one.trim().startsWith(fence)).join("\n") });
      at++;
    } else if (heading) {
      at++;
      found.push({ kind: "heading", level: heading[1].length, text: heading[2] });
    } else if (RULE.test(line)) {
      at++;
      found.push({ kind: "rule" });
    } else if (line.startsWith(">") && depth < DEEPEST) {
      const inner = take((one) => one.startsWith(">")).map((one) => one.replace(/^> ?/, ""));
      found.push({ kind: "quote", blocks: blocks(inner.join("\n"), depth + 1) });
    } else if (item && depth < DEEPEST) {
      const start = item[2] ? Number(item[2]) : null;
      const goesOn = (one = "") => {
        const other = ITEM.exec(one);
        return other && other[1].length < item[1].length + 2 ? Boolean(other[2]) === (start !== null) : /^\s{2,}\S/.test(one);
      };
      const inner = items(take((one) => goesOn(one) || (!one.trim() && goesOn(lines[at + 1]))), item[1].length);
      found.push({ kind: "list", start, items: inner.map((one) => blocks(one, depth + 1)) });
    } else if (line.includes("|") && CELLS.test((lines[at + 1] ?? "").slice(0, LONGEST_RULE))) {
      at += 2;
      found.push({ kind: "table", head: cells(line), rows: take((one) => one.includes("|")).map(cells) });
    } else {
      const first = lines[at++];
      found.push({ kind: "text", text: [first, ...take((one) => !begins(one))].join("\n") });
    }
  }
  return found;
}

function begins(line: string): boolean {
  return !line.trim() || FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || RULE.test(line) || line.startsWith(">");
}

/** The text of each item of a list that stands so far to the right; what belongs to one is further so. */
function items(lines: string[], indent: number): string[] {
  const found: string[] = [];
  let width = 0;
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length < indent + 2) {
      found.push(item[3]);
      width = item[0].length - item[3].length;
    } else found[found.length - 1] += `\n${line.slice(Math.min(width, line.length - line.trimStart().length))}`;
  }
  return found;
}

function cells(line: string): string[] {
  return line
    .replace(/^\s*\||\|\s*$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}

// No part is longer than this: what tries without end would hold up the page.
const SPANS =
  /(`{1,3})([^`].{0,2000}?)\1(?!`)|\*\*([^\n]{1,1000}?)\*\*|\*([^*\s][^*\n]{0,1000}?)\*|~~([^\n]{1,1000}?)~~|!?\[([^\]\n]{0,500})\]\(([^()\s]{1,1000})[^()\n]{0,200}\)/gs;

/** A text's code, emphasis and links. A link leads to other pages by http and https only, or where the page says. */
export function spans(text: string, ways: Ways = {}, depth = 0): ComponentChildren[] {
  const found: ComponentChildren[] = [];
  let end = 0;
  for (const match of depth < DEEPEST ? text.matchAll(SPANS) : []) {
    found.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, , code, strong, em, gone, label, href] = match;
    const inner = (part: string) => spans(part, ways, depth + 1);
    if (code !== undefined) found.push(<code>{code.trim()}</code>);
    else if (strong !== undefined) found.push(<strong>{inner(strong)}</strong>);
    else if (em !== undefined) found.push(<em>{inner(em)}</em>);
    else if (gone !== undefined) found.push(<s>{inner(gone)}</s>);
    else if (/^https?:\/\//i.test(href)) {
      found.push(
        <a href={href} target="_blank" rel="noopener noreferrer">
          {label ? inner(label) : href}
        </a>,
      );
    } else found.push(ways.link?.(href, label ? inner(label) : href, whole.startsWith("!") ? label : null) ?? whole);
  }
  return [...found, text.slice(end)];
}

export function Markdown({ text, ways }: { text: string; ways?: Ways }) {
  return <div class="markdown">{blocks(text).map((block, at) => drawn(block, at, ways))}</div>;
}

function drawn(block: Block, at: number, ways: Ways = {}): VNode {
  const inner = (text: string) => spans(text, ways);
  if (block.kind === "heading") {
    const Head = `h${Math.min(6, block.level + (ways.level ?? 2))}` as "h3"; // below the headings of the page
    const id = ways.anchor?.(block.text);
    return (
      <Head key={at} id={id}>
        {inner(block.text)}
        {id && <a class="anchor" href={`#${id}`} aria-label="Link to this heading">#</a>}
      </Head>
    );
  }
  if (block.kind === "code") return ways.code?.(block.language, block.text) ?? <pre key={at}>{block.text}</pre>;
  if (block.kind === "rule") return <hr key={at} />;
  if (block.kind === "quote") return <blockquote key={at}>{block.blocks.map((one, at) => drawn(one, at, ways))}</blockquote>;
  if (block.kind === "text") return <p key={at}>{inner(block.text)}</p>;
  if (block.kind === "list") {
    const List = block.start === null ? "ul" : "ol";
    return (
      <List key={at} start={block.start ?? undefined}>
        {block.items.map((item, place) => (
          <li key={place}>{item.map((one, at) => (at || one.kind !== "text" ? drawn(one, at, ways) : <Item key={at} text={one.text} ways={ways} />))}</li>
        ))}
      </List>
    );
  }
  return (
    <table key={at}>
      <thead>
        <tr>
          {block.head.map((cell, place) => (
            <th key={place}>{inner(cell)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {block.rows.map((row, line) => (
          <tr key={line}>
            {row.map((cell, place) => (
              <td key={place}>{inner(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What stands beside the mark of an item, which may be something to do. */
function Item({ text, ways }: { text: string; ways: Ways }) {
  const [mark, done] = TASK.exec(text) ?? ["", " "];
  return (
    <>
      {mark && (
        <span role="img" aria-label={done === " " ? "to do" : "done"}>
          {done === " " ? "\u2610 " : "\u2611 "}
        </span>
      )}
      {spans(text.slice(mark.length), ways)}
    </>
  );
}
