// Source as pieces with kinds, line by line: what highlight.js finds, as data and never as HTML.
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import diff from "highlight.js/lib/languages/diff";
import ini from "highlight.js/lib/languages/ini";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

export interface Piece {
  text: string;
  kind: string; // as highlight.js names it: keyword, string, comment …; "" is none
}

const lowlight = createLowlight({ bash, cpp, diff, ini, javascript, json, markdown, python, yaml });
const LANGUAGES: Record<string, string> = {
  py: "python", pyi: "python", ipynb: "json", json: "json", jsonl: "json", yaml: "yaml", yml: "yaml", toml: "ini", ini: "ini", cfg: "ini",
  sh: "bash", bash: "bash", slurm: "bash", md: "markdown", js: "javascript", ts: "javascript", c: "cpp", h: "cpp", cc: "cpp", cpp: "cpp",
  cu: "cpp", cuh: "cpp", diff: "diff", patch: "diff",
}; // prettier-ignore

interface Tree {
  value?: string;
  properties?: { className?: unknown };
  children?: Tree[];
}

/** The pieces of each line; a language that is not known has one for each. */
export function highlight(text: string, name: string): Piece[][] {
  const language = LANGUAGES[name.split(".").pop()?.toLowerCase() ?? ""];
  const lines: Piece[][] = [[]];
  const add = (piece: string, kind: string) =>
    piece.split("\n").forEach((part, at) => {
      if (at) lines.push([]);
      if (part) lines[lines.length - 1].push({ text: part, kind });
    });
  const walk = ({ value, properties, children }: Tree, kind: string) => {
    if (value !== undefined) add(value, kind);
    const [own] = (properties?.className as string[] | undefined) ?? [];
    for (const child of children ?? []) walk(child, own?.replace(/^hljs-/, "") ?? kind);
  };
  if (language) walk(lowlight.highlight(language, text) as Tree, "");
  else add(text, "");
  return lines;
}
