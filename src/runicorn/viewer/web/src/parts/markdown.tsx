// Markdown, as much of it as notes have, as elements: nothing of a text becomes HTML, and pictures are links.
import type { ComponentChildren, VNode } from "preact";

export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "code"; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; items: string[] }
  | { kind: "table"; head: string[]; rows: string[][] }
  | { kind: "rule" }
  | { kind: "text"; text: string };

const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s{0,6}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const CELLS = /^\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?\s*)?$/;
const DEEPEST = 8;

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
    const fence = FENCE.exec(line)?.[1];
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    if (!line.trim()) at++;
    else if (fence) {
      at++;
      found.push({ kind: "code", text: take((one) => !one.trim().startsWith(fence)).join("\n") });
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
    } else if (item) {
      found.push({
        kind: "list",
        ordered: item[1] !== undefined,
        items: items(take((one) => one.trim() !== "" && (ITEM.test(one) || /^\s{2,}/.test(one)))),
      });
    } else if (line.includes("|") && CELLS.test(lines[at + 1] ?? "")) {
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

function items(lines: string[]): string[] {
  const found: string[] = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item) found.push(item[2]);
    else found[found.length - 1] += `\n${line.trim()}`;
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

/** A text's code, emphasis and links. A link leads to other pages by http and https only. */
export function spans(text: string, depth = 0): ComponentChildren[] {
  const found: ComponentChildren[] = [];
  let end = 0;
  for (const match of depth < DEEPEST ? text.matchAll(SPANS) : []) {
    found.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, , code, strong, em, gone, label, href] = match;
    const inner = (part: string) => spans(part, depth + 1);
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
    } else found.push(whole);
  }
  return [...found, text.slice(end)];
}

export function Markdown({ text }: { text: string }) {
  return <div class="markdown">{blocks(text).map(drawn)}</div>;
}

function drawn(block: Block, at: number): VNode {
  if (block.kind === "heading") {
    const Head = `h${Math.min(6, block.level + 2)}` as "h3"; // below the headings of the page
    return <Head key={at}>{spans(block.text)}</Head>;
  }
  if (block.kind === "code") return <pre key={at}>{block.text}</pre>;
  if (block.kind === "rule") return <hr key={at} />;
  if (block.kind === "quote") return <blockquote key={at}>{block.blocks.map(drawn)}</blockquote>;
  if (block.kind === "text") return <p key={at}>{spans(block.text)}</p>;
  if (block.kind === "list") {
    const List = block.ordered ? "ol" : "ul";
    return (
      <List key={at}>
        {block.items.map((item, place) => (
          <li key={place}>{spans(item)}</li>
        ))}
      </List>
    );
  }
  return (
    <table key={at}>
      <thead>
        <tr>
          {block.head.map((cell, place) => (
            <th key={place}>{spans(cell)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {block.rows.map((row, line) => (
          <tr key={line}>
            {row.map((cell, place) => (
              <td key={place}>{spans(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
