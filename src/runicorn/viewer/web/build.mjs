// Bundles src/ into ../static/: index.html, and JavaScript and CSS with a hash of their content in their names, each
// also compressed as .gz. `npm run build`; with --watch it does so again at each change.
import { build, context } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const here = import.meta.dirname;
const out = join(here, "..", "static");

const page = {
  name: "page",
  setup({ onEnd }) {
    onEnd(({ errors, metafile }) => errors.length || write(metafile));
  },
};

function write(metafile) {
  const made = Object.entries(metafile.outputs);
  const [script, { cssBundle }] = made.find(([, told]) => told.entryPoint === "src/main.tsx");
  const html = readFileSync(join(here, "index.html"), "utf8")
    .replace("main.js", `/static/${basename(script)}`)
    .replace("main.css", `/static/${basename(cssBundle)}`);
  const names = new Set(made.map(([path]) => basename(path)));
  for (const old of readdirSync(out)) if (!names.has(old)) rmSync(join(out, old), { recursive: true });
  for (const name of names) {
    writeFileSync(join(out, `${name}.gz`), gzipSync(readFileSync(join(out, name)), { level: 9 }));
  }
  writeFileSync(join(out, "index.html"), html); // last: it says that the rest is there
}

const options = {
  absWorkingDir: here,
  entryPoints: ["src/main.tsx"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  metafile: true,
  outdir: out,
  logLevel: "warning",
  plugins: [page],
};

mkdirSync(out, { recursive: true });
if (process.argv.includes("--watch")) await (await context(options)).watch();
else await build(options);
