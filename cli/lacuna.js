#!/usr/bin/env node
// The way in. Plain JavaScript, so that an older Node can say what is wrong instead of failing on the first type annotation
// (and before the native database driver, which an older Node cannot load, is touched).
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `lacuna needs Node 24 or newer, and this is Node ${process.versions.node}. In the repository, "npm ci" installs one and "npm start", "npm run demo" and "npm run lacuna -- …" use it.`,
  );
  process.exitCode = 1;
} else {
  await import("./compile-cache.js");
  await import("./main.ts");
}
