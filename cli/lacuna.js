// The way in. Plain JavaScript, so that an older Node can say what is wrong instead of failing on the first type annotation
// (and before the native database driver, which an older Node cannot load, is touched).
import { setEngineFlags } from "../common/engine-flags.js";

/** What runs for long. An export sets the flags once it is loaded (run-export.ts): with a young generation this small it takes a sixth longer. */
const COLLECTING = ["collect", "demo"];

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `lacuna needs Node 24 or newer, and this is Node ${process.versions.node}. In the repository, "npm ci" installs one with the development packages (not with --omit=dev or NODE_ENV=production), and "npm start", "npm run demo" and "npm run lacuna -- …" use it.`,
  );
  process.exitCode = 1;
} else {
  // before anything else: a heap that has grown does not shrink, and compiled code is kept by the flags
  if (COLLECTING.includes(process.argv[2])) setEngineFlags();
  await import("./compile-cache.js");
  await import("./main.ts");
}
