import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { temporaryDirectory } from "../support/lacuna-process.ts";

const ROOT = join(import.meta.dirname, "../..");
const directory = temporaryDirectory();
afterAll(() => directory.remove());

/** Somebody's clone: letters beyond ASCII, and two that mean another thing in a URL. */
const clone = join(directory.path, "Zoë's 100% new", "lac%20una");

const install = (script: string, env = {}): string =>
  execFileSync(process.execPath, [join(clone, script)], {
    cwd: clone,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });

const copy = (...files: string[]): void => {
  for (const file of files) cpSync(join(ROOT, file), join(clone, file), { recursive: true });
};

test("an installation without development packages says which ones it takes to build the dashboard", () => {
  copy("web/prepare.js");
  expect(install("web/prepare.js")).toMatch(/not built.*--omit.*NODE_ENV/);
});

test("an older Node than ours says which packages bring one", () => {
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})";
  const { stderr, status } = spawnSync(
    process.execPath,
    ["--import", older, join(ROOT, "cli/lacuna.js"), "collect"],
    {
      encoding: "utf8",
    },
  );
  expect(stderr).toMatch(
    /^lacuna needs Node 24 or newer, and this is Node 20\.20\.2\. .*--omit=dev or NODE_ENV=production.*\n$/,
  );
  expect(status).toBe(1);
});

test("an empty NODE_COMPILE_CACHE is none: nothing is written into the working directory", () => {
  const cwd = join(directory.path, "work");
  mkdirSync(cwd);
  execFileSync(process.execPath, [join(ROOT, "cli/lacuna.js"), "--version"], {
    cwd,
    env: { ...process.env, NODE_COMPILE_CACHE: "" },
  });
  expect(readdirSync(cwd)).toEqual([]);
});

test("an installation builds the dashboard, whatever its directory is called", () => {
  copy("web/index.html", "web/prepare.js", "web/src", "web/tsconfig.json", "web/vite.config.ts");
  copy("package.json", "tsconfig.json");
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
  install("web/prepare.js");
  expect(existsSync(join(clone, "web/dist/index.html"))).toBe(true);
});

test("an installation compiles every source, whatever its directory is called", () => {
  copy("cli/warm-up.js", "cli/compile-cache.js", "common/engine-flags.js");
  for (const folder of ["api", "collector", "db", "protocol", "simulator"]) mkdirSync(join(clone, folder));
  writeFileSync(join(clone, "cli/main.ts"), "");
  writeFileSync(
    join(clone, "db/source.ts"),
    'import { writeFileSync } from "node:fs";\nwriteFileSync("compiled", "");\n',
  );
  install("cli/warm-up.js", { NODE_COMPILE_CACHE: join(directory.path, "cache") });
  expect(existsSync(join(clone, "compiled"))).toBe(true);
});
