import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/lacuna-process.ts";

/** Run a program of `test/support/` whose temporary files are on a file system of 16 MiB, which nobody else sees. @returns what it prints, as JSON */
const onSmallDisk = (program: string, argument = ""): unknown => {
  const directory = temporaryDirectory();
  const path = fileURLToPath(new URL(`../support/${program}`, import.meta.url));
  const script = 'mount -t tmpfs -o size=16m tmpfs "$1" && exec "$2" "$3" "$4"';
  const args = ["--mount", "sh", "-c", script, "sh", directory.path, process.execPath, path, argument];
  try {
    const env = { ...process.env, TMPDIR: directory.path };
    return JSON.parse(execFileSync("unshare", args, { encoding: "utf8", env, timeout: 100_000 }));
  } finally {
    directory.remove();
  }
};

/** On CI always true: the tests fail then where no mount namespace can be made. */
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
const isAble = canMount();

test.runIf(isAble)(
  "on a full disk commits go on in the room that the database has: its free pages, and its log from the beginning",
  () => {
    const told = { outcomes: ["committed"], received: 130, pending: 0 };
    expect(onSmallDisk("full-disk.ts")).toMatchObject(told);
  },
);

test.runIf(isAble)("a disk without room for what SQLite needs to open a database is told as that", () => {
  const read = expect.stringMatching(
    /^cannot open the database .*lacuna\.db: .* has no room for that: make some, or copy it/,
  );
  const written = expect.stringMatching(
    /^cannot open the database .*lacuna\.db: .* has no room for that: make some$/,
  );
  expect(onSmallDisk("full-disk.ts")).toMatchObject({ read, written });
});

test.runIf(isAble)("a disk that takes no further file, whatever room it has, is told as that", () => {
  expect(onSmallDisk("no-inodes.ts")).toEqual([
    "cannot write /lacuna.db-lock: its disk takes no further file: df -i",
    "cannot open the database /lacuna.db: its disk takes no further file: df -i",
  ]);
});

test.runIf(isAble)(
  "a disk in the place of that of the database is noticed, though its files have the same inodes",
  () => {
    expect(onSmallDisk("other-disk.ts")).toEqual(["committed", "ERR_DATABASE_GONE"]);
  },
);

test.runIf(isAble)(
  "a database that is mounted as a single file is refused: its log would be another one's",
  () => {
    expect(onSmallDisk("mounted-alone.ts")).toEqual([
      "opened",
      "cannot open the database /inside/a b.db: it is mounted alone, and its log would be left outside: mount the directory it is in",
    ]);
  },
);

test.runIf(isAble)(
  "a collector that was killed on a full disk is started again in the room that the database has",
  () => {
    expect(onSmallDisk("killed-on-full-disk.ts")).toEqual({
      signal: "SIGKILL",
      received: 100,
      later: "committed",
    });
  },
);

// after none the log has no room for the tables; after some it has none for what the stop gives back
test.runIf(isAble).each([0, 30])(
  "a stop on a full disk, %i flushes after it became full, is noted in the room that the database has",
  (flushes) => {
    const received = 120 + flushes;
    const told = { received, pending: 0, isStopNoted: true };
    expect(onSmallDisk("stopped-on-full-disk.ts", `${flushes}`)).toEqual(told);
  },
);

test("where a file may grow no further commits go on in the room that the database has, as on a full disk", () => {
  const program = fileURLToPath(new URL("../support/limited-files.ts", import.meta.url));
  // 1 or 2 MiB, as the shell counts: the log would become 32 MiB
  const args = ["-c", 'ulimit -f 2048 && exec "$1" "$2"', "sh", process.execPath, program];
  const told = JSON.parse(execFileSync("sh", args, { encoding: "utf8", timeout: 100_000 }));
  expect(told).toEqual({ outcomes: ["committed"], received: 200, pending: 0 });
});
