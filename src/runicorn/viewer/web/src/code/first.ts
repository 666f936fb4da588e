// Which file of a run's code is looked at first.
import type { Value } from "../server/api";

/** The program that ran, else the first of the files `changed`, else one that is called like a program; "": there are none. */
export function first(files: Record<string, number>, changed: string[], environment: Record<string, Value>): string {
  const names = Object.keys(files);
  return (
    program(names, environment) ??
    changed.find((name) => name in files) ??
    names.find((name) => /(^|\/)(train|main|run)\w*\.py$/.test(name)) ??
    names.find((name) => name.endsWith(".py")) ??
    names[0] ??
    ""
  );
}

/** The file that was started, by its path or, behind -m, by its module's name. */
function program(names: string[], { argv, working_dir: folder }: Record<string, Value>): string | undefined {
  const words = Array.isArray(argv) ? argv.map(String) : [];
  const paths = words.flatMap((word, at) => {
    if (words[at - 1] !== "-m") return [word.replace(/^(\.\/)+/, "")];
    const module = word.replaceAll(".", "/");
    return [`${module}.py`, `${module}/__main__.py`];
  });
  return paths.map((path) => of(names, path.startsWith("/") ? path : `${folder}/${path}`)).find(Boolean);
}

/** The file at a path of the machine that ran it: where its checkout was is not asked, so of several the longest name. */
function of(names: string[], path: string): string | undefined {
  return names.filter((name) => path.endsWith(`/${name}`)).sort((one, other) => other.length - one.length)[0];
}
