// Bundles src/ into ../static/: a page for each that src/main.tsx names, and for each tab of a run, which differ in what
// they preload, and JavaScript
// and CSS with a hash of their content in their names, each also compressed as .gz. `npm run build`.
import { build } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { gzipSync } from "node:zlib";

const here = import.meta.dirname;
const out = join(here, "..", "static");

/** The names of pages, and the modules that they begin with. */
const PAGES = readFileSync(join(here, "src", "main.tsx"), "utf8").matchAll(/^ +"?(\w*)"?: \(\) => import\("\.\/(.+)"\),$/gm);
/** The names of the tabs of a run's page, and their modules. */
const TABS = readFileSync(join(here, "src", "run", "tabs.ts"), "utf8").matchAll(/name: "(\w+)".*import\("(.+)"\)/g);
/** A page that is shown inside of another has no bar. */
const SHELL = /<!-- shell.*end of shell -->\s*/s;

/** Modules of pages that need little more than the workspace does. All others share more: see src/shared-late.ts. */
const LIKE_WORKSPACE = /src\/((workspace|embed|settings|trash)\.tsx|(charts|parts|runs|server|state)\/)/;

/** Has all that is loaded when it is asked for import what most of it needs: see src/shared.ts and src/shared-late.ts. */
const sharing = {
  name: "sharing",
  setup({ onResolve, onLoad, resolve }) {
    const shared = join(here, "src", "shared.ts");
    onResolve({ filter: /^\./ }, async ({ path, kind, pluginData, ...from }) => {
      if (kind !== "dynamic-import" || pluginData === "found") return undefined;
      const found = await resolve(path, { ...from, kind, pluginData: "found" });
      return { ...found, pluginData: "late" };
    });
    onLoad({ filter: /src.*\.tsx?$/ }, ({ path, pluginData }) => {
      if (pluginData !== "late") return undefined;
      const all = LIKE_WORKSPACE.test(path) ? [shared] : [shared, join(here, "src", "shared-late.ts")];
      const imports = all.map((one) => `import ${JSON.stringify(one)};`);
      const contents = [...imports, readFileSync(path, "utf8")].join("\n");
      return { contents, loader: path.endsWith("x") ? "tsx" : "ts" };
    });
  },
};

/** What is taken out of uPlot: what it formats numbers and times with where it is not told how, as it is here, each of
 * which takes 10 ms when a page begins; and lines that nothing here draws, and names of months that nothing says, which are
 * 2.5 KB of what comes over the wire. */
const LEFT_OUT = {
  "new Intl.NumberFormat(domEnv ? nav.language : 'en-US')": "undefined",
  "new Intl.DateTimeFormat().resolvedOptions().timeZone": "undefined",
  "(paths.stepped = stepped);": "",
  "(paths.bars    = bars);": "",
  "(paths.spline  = monotoneCubic);": "",
  "uPlot.fmtDate = fmtDate;": "",
  "(opts.fmtDate || fmtDate)": "(() => String)",
  "fmtDate(dateTpl)": "String",
  "days.map(slice3)": "days",
  "months.map(slice3)": "months",
};

const leaner = {
  name: "leaner uPlot",
  setup({ onLoad }) {
    onLoad({ filter: /uPlot\.esm\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, "utf8");
      for (const [one, instead] of Object.entries(LEFT_OUT)) {
        if (!contents.includes(one)) throw new Error(`uPlot does not say ${one} any more: are pages as small and as fast without this?`);
        contents = contents.replace(one, instead);
      }
      return { contents };
    });
  },
};

/** Bundles what begins at `entry`; gives the name of each file that was made, those of the entry itself, and a function
 * that gives what a module needs, too: the browser need not read one file to learn of the next. */
async function bundle(entry, define = {}) {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
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
    define,
    logLevel: "warning",
    plugins: [sharing, leaner],
  });
  const [script, { cssBundle }] = Object.entries(metafile.outputs).find(([, told]) => told.entryPoint === entry);
  const made = (module) => Object.entries(metafile.outputs).find(([, told]) => told.entryPoint === module)?.[0];
  const needs = (module) => [...imported(metafile.outputs, made(module))].map((path) => basename(path));
  return { needs, all: Object.keys(metafile.outputs).map((path) => basename(path)), script: basename(script), style: cssBundle };
}

/** Bundles what a run as one file needs into one script and one style, which keep their names. */
async function single() {
  const made = await build({
    absWorkingDir: here,
    entryPoints: { file: "src/file/main.tsx" },
    bundle: true,
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    outdir: out,
    define: { WORKER: '""' },
    logLevel: "warning",
    metafile: true,
    plugins: [leaner],
  });
  return Object.keys(made.metafile.outputs).map((path) => basename(path));
}

/** A file and all that it imports, whatever comes of it. */
function imported(outputs, path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const one of outputs[path].imports) if (one.kind === "import-statement") imported(outputs, one.path, found);
  return found;
}

mkdirSync(out, { recursive: true });
const worker = await bundle("src/state/worker.ts");
const main = await bundle("src/main.tsx", { WORKER: JSON.stringify(`/static/${worker.script}`) });

const alone = await single();

const names = new Set([...worker.all, ...main.all, ...alone]);
for (const name of [...worker.all, ...main.all]) {
  // With less memory blocks are shorter, and each has codes of its own: that fits such text better.
  writeFileSync(join(out, `${name}.gz`), gzipSync(readFileSync(join(out, name)), { level: 9, memLevel: 6 }));
}
const html = readFileSync(join(here, "index.html"), "utf8")
  .replace("main.js", `/static/${main.script}`)
  .replace("main.css", `/static/${basename(main.style)}`);
const pages = [...PAGES].map(([, name, module]) => ({ name, modules: [`src/${module}.tsx`] }));
const run = pages.find(({ name }) => name === "run").modules;
const tabs = [...TABS].map(([, name, module]) => ({ name: `run-${name}`, modules: [...run, `${posix.join("src/run", module)}.tsx`] }));
for (const { name, modules } of [...pages, ...tabs]) {
  const files = new Set(modules.flatMap((module) => main.needs(module)));
  const preloads = [...files].map((file) => `<link rel="modulepreload" href="/static/${file}" />`);
  const page = html.replace("<!-- preloads -->", preloads.join("\n    "));
  writeFileSync(join(out, `${name || "index"}.html`), name === "embed" ? page.replace(SHELL, "") : page); // all that it names is there
}
for (const old of readdirSync(out)) {
  if (!old.endsWith(".html") && !names.has(old.replace(/\.gz$/, ""))) rmSync(join(out, old));
}
