import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/lacuna-process.ts";

/** Run a program with a file system of 16 MiB at a directory, which nobody else sees. */
const onSmallDisk = (directory: string, program: string): string => {
  const script = 'mount -t tmpfs -o size=16m tmpfs "$1" && exec "$2" "$3"';
  return execFileSync(
    "unshare",
    ["--mount", "sh", "-c", script, "sh", directory, process.execPath, program],
    { encoding: "utf8", env: { ...process.env, TMPDIR: directory }, timeout: 100_000 },
  );
};

/** On CI always true: the test fails then where no mount namespace can be made. */
const canMount = (): boolean => {
  if (process.env.CI === "true") return true;
  try {
    execFileSync("unshare", ["--mount", "true"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn("skipped: mount namespaces are not available");
    return false;
  }
};

test.runIf(canMount())(
  "on a full disk commits go on in the room that the database has: its free pages, and its log from the beginning",
  () => {
    const directory = temporaryDirectory();
    const program = fileURLToPath(new URL("../support/full-disk.ts", import.meta.url));
    const told: unknown = JSON.parse(onSmallDisk(directory.path, program));
    directory.remove();
    expect(told).toEqual({ outcomes: ["committed"], received: 130, pending: 0 });
  },
);
