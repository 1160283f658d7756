import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

// The layers of ARCHITECTURE.md as data: imports point to a strictly lower layer, never sideways, and a module is
// entered from outside only through its index.ts. Entry points (layer 7) may import everything.
const LAYERS: Readonly<Record<string, number>> = {
  base: 0,
  model: 1,
  storage: 2,
  config: 2,
  wire: 2,
  tsdb: 3,
  promql: 3,
  net: 3,
  discovery: 4,
  scrape: 4,
  query: 4,
  remote: 5,
  import: 5,
  api: 6,
  cli: 6,
};
const ENTRY_LAYER = 7;
// Only entry points build a store; everybody else sees the interfaces in `storage`.
const ENTRY_ONLY = new Set(["tsdb"]);

// Each library has one owner.
const OWNERS: Readonly<Record<string, string>> = {
  undici: "src/net/",
  protobufjs: "src/wire/",
  "protobufjs/light.js": "src/wire/",
  snappyjs: "src/wire/",
  yaml: "src/config/",
  fastify: "src/api/",
  "prom-client": "src/api/metrics/",
  chevrotain: "src/promql/parse/",
  "better-sqlite3": "src/tsdb/",
  re2js: "src/model/regex",
  "dns-packet": "src/discovery/dns/",
};

const ROOT = resolve(import.meta.dirname, "../..");
const sources = filesBelow(join(ROOT, "src"));

interface Import {
  readonly from: string; // Path below the root, as all here.
  readonly to: string; // Path, or the bare name of a package.
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return path.endsWith(".ts") && !path.endsWith(".d.ts") ? [relative(ROOT, path)] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const specifiers = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\b(?:[^;"']*?\bfrom)?\s*["']([^"']+)["']/g),
  ];
  const dynamic = [...text.matchAll(/\b(?:import|new URL)\(\s*["'](\.[^"']+)["']/g)];
  return [...specifiers, ...dynamic].map(([, specifier]) => ({
    from: file,
    to: specifier!.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(file), specifier!)) : specifier!,
  }));
}

const moduleOf = (file: string): string => (file.split("/").length > 2 ? file.split("/")[1]! : "");
const layerOf = (file: string): number =>
  moduleOf(file) === "" ? ENTRY_LAYER : (LAYERS[moduleOf(file)] ?? NaN);
const imports = sources.flatMap(importsOf);
const within = imports.filter(({ to }) => to.startsWith("src/"));

test("every folder of src has a layer", () => {
  expect(sources.filter((file) => Number.isNaN(layerOf(file)))).toEqual([]);
});

test("imports go to a strictly lower layer, through the module's index.ts", () => {
  const wrong = within.filter(({ from, to }) => {
    if (moduleOf(from) === moduleOf(to)) return false;
    if (layerOf(to) >= layerOf(from)) return true;
    if (ENTRY_ONLY.has(moduleOf(to)) && layerOf(from) !== ENTRY_LAYER) return true;
    // The parser is an entry of its own: browser code will import it without the engine.
    return to !== `src/${moduleOf(to)}/index.ts` && to !== "src/promql/parse/index.ts";
  });
  expect(wrong).toEqual([]);
});

test("each library is imported by its owner only", () => {
  const wrong = imports.filter(({ from, to }) => {
    const owner = OWNERS[to];
    return owner !== undefined && !from.startsWith(owner);
  });
  expect(wrong).toEqual([]);
});

test("every source file is reached from an entry point", () => {
  const reached = new Set<string>();
  const waiting = ["src/main.ts", "src/index.ts"];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    waiting.push(
      ...importsOf(file)
        .map(({ to }) => to)
        .filter((to) => to.startsWith("src/")),
    );
  }
  expect(sources.filter((file) => !reached.has(file))).toEqual([]);
});

test("every kernel has a bench and a test", () => {
  const kernels = sources
    .filter((file) => file.endsWith(".kernel.ts"))
    .map((file) => file.replace(/^src\//, "").replace(/\.kernel\.ts$/, ""));
  expect({
    withoutBench: kernels.filter((kernel) => !mentions("bench", kernel)),
    withoutTest: kernels.filter((kernel) => !mentions("test", kernel)),
  }).toEqual({ withoutBench: [], withoutTest: [] });
});

test("no file is longer than 500 lines", () => {
  const long = [...sources, ...filesBelow(join(ROOT, "test"))].filter(
    (file) => readFileSync(join(ROOT, file), "utf8").split("\n").length > 501,
  );
  expect(long).toEqual([]);
});

/**
 * Whether some file below `folder` imports the kernel: by itself, or through files of the kernel's own folder, which is
 * where its plain callers are.
 */
function mentions(folder: string, kernel: string): boolean {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return false;
  const file = `src/${kernel}.kernel.ts`;
  const isNear = (other: string): boolean => dirname(other) === dirname(file);
  const reaches = new Set([file]);
  for (let before = 0; before < reaches.size;) {
    before = reaches.size;
    for (const { from, to } of within) if (isNear(from) && reaches.has(to)) reaches.add(from);
  }
  return filesBelow(path).some((other) => importsOf(other).some(({ to }) => reaches.has(to)));
}
