import { posix } from "node:path";
import { DATAGRAM_PATH, HOMES, MAY_IMPORT, MAY_TOUCH_OUTSIDE, OUTSIDE } from "./rules.ts";
import { type Scanned, scan } from "./scan.ts";

const IMPORTS = [
  /\b(?:import|export)\b[^;"()]*?\bfrom\s*"(\d+)"/g,
  /\bimport\s*"(\d+)"/g,
  /\bimport\s*\(\s*"(\d+)"/g,
];
/** how a worker's file is named */
const WORKER_URL = /\bnew\s+URL\s*\(\s*"(\d+)"\s*,\s*import\.meta\.url/g;

const matches = ({ code, strings }: Scanned, pattern: RegExp): string[] =>
  Array.from(code.matchAll(pattern), (match) => strings[Number(match[1])]!);

const folderOf = (file: string): string => file.slice(0, file.indexOf("/"));
const isRelative = (specifier: string): boolean => /^\.{0,2}\//.test(specifier);

interface Edge {
  from: string;
  to: string;
}

const edgesOf = (from: string, scanned: Scanned, files: ReadonlyMap<string, string>): Edge[] => {
  const edgeTo = (specifier: string): Edge => ({ from, to: posix.join(posix.dirname(from), specifier) });
  const imported = IMPORTS.flatMap((pattern) => matches(scanned, pattern)).filter(isRelative);
  // a URL may name any file; only sources are imports, and a test may name one that is not there on purpose
  const workers = matches(scanned, WORKER_URL)
    .filter((specifier) => specifier.endsWith(".ts"))
    .map(edgeTo)
    .filter(({ to }) => files.has(to) || folderOf(from) !== "test");
  return [...imported.map(edgeTo), ...workers];
};

const checkEdge = ({ from, to }: Edge, files: ReadonlyMap<string, string>): string | undefined => {
  if (!/\.(tsx?|js)$/.test(to)) return `${from} imports ${to}: a relative import ends in .ts or .js`;
  if (!files.has(to)) return `${from} imports ${to}, which does not exist`;
  const [folder, target] = [folderOf(from), folderOf(to)];
  if (folder === target || MAY_IMPORT[folder]?.includes(target)) return undefined;
  return `${from} imports ${to}: ${folder}/ must not import ${target}/`;
};

const checkPackages = (file: string, scanned: Scanned): string[] => {
  const folder = folderOf(file);
  if (folder === "test" || folder === "bench") return [];
  const modules = IMPORTS.flatMap((pattern) => matches(scanned, pattern)).filter((name) => !isRelative(name));
  return HOMES.flatMap(({ module, folders }) =>
    modules
      .filter((name) => module.test(name) && !folders.includes(folder))
      .map((name) => `${file} imports ${name}, which belongs in ${folders.join("/, ")}/`),
  );
};

const checkOutside = (file: string, { code }: Scanned): string[] => {
  const folder = folderOf(file);
  if (MAY_TOUCH_OUTSIDE.includes(folder)) return [];
  return OUTSIDE.filter(({ pattern, folders }) => !folders.includes(folder) && pattern.test(code)).map(
    ({ what, folders }) => `${file} ${what}: only ${folders.join("/ and ")}/ may`,
  );
};

/** `import { … }` of a file's own making, what is inside the braces */
const NAMED_IMPORT = /\bimport\s*\{([^}]*)\}\s*from/g;

const checkConstants = (file: string, { code }: Scanned): string[] => {
  if (!DATAGRAM_PATH.includes(file)) return [];
  const names = Array.from(
    code.matchAll(NAMED_IMPORT),
    ([, inside]) => inside!.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [],
  );
  return names
    .flat()
    .map((name) => `${file} imports ${name} by name: on the datagram path constants are locals`);
};

/** One cycle through the graph, as the nodes along it, or undefined. */
export const findCycle = (edges: readonly Edge[]): string[] | undefined => {
  const targets = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const path: string[] = [];

  const visit = (node: string): string[] | undefined => {
    if (done.has(node)) return undefined;
    const seenAt = path.indexOf(node);
    if (seenAt >= 0) return [...path.slice(seenAt), node];
    path.push(node);
    for (const { to } of targets.get(node) ?? []) {
      const cycle = visit(to);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };

  for (const node of targets.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
};

const checkCycles = (edges: readonly Edge[]): string[] => {
  const betweenFolders = edges
    .map(({ from, to }) => ({ from: folderOf(from), to: folderOf(to) }))
    .filter(({ from, to }) => from !== to);
  const cycles = [
    { of: "files", cycle: findCycle(edges) },
    { of: "folders", cycle: findCycle(betweenFolders) },
  ];
  return cycles
    .filter(({ cycle }) => cycle !== undefined)
    .map(({ of, cycle }) => `cycle of ${of}: ${cycle!.join(" -> ")}`);
};

/**
 * Everything about imports and the outside world that breaks ARCHITECTURE.md.
 * @param files - every source: path from the repository's root, with `/`, to its text
 * @returns one sentence per violation
 */
export const checkImports = (files: ReadonlyMap<string, string>): string[] => {
  const violations: string[] = [];
  const edges: Edge[] = [];
  for (const [file, text] of files) {
    const scanned = scan(text);
    for (const edge of edgesOf(file, scanned, files)) {
      const violation = checkEdge(edge, files);
      if (violation !== undefined) violations.push(violation);
      edges.push(edge);
    }
    violations.push(
      ...checkPackages(file, scanned),
      ...checkOutside(file, scanned),
      ...checkConstants(file, scanned),
    );
  }
  return [...violations, ...checkCycles(edges)];
};
