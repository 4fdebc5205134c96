import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/lacuna-process.ts";
import { RECEIVE_PATHS_HERE } from "../support/receive-paths.ts";

const BENCH = join(import.meta.dirname, "../../bench/ingest/end-to-end.ts");

test.runIf(RECEIVE_PATHS_HERE.includes("native"))(
  "the end-to-end benchmark finds every number it sent in the ledger",
  async () => {
    const folder = temporaryDirectory();
    const out = join(folder.path, "results.json");
    const words = ["w1", "--pairs", "1", "--seconds", "1", "--rate", "20000", "--segments", "4"];
    await promisify(execFile)(process.execPath, [BENCH, ...words, "--out", out]);
    const { scenarios } = JSON.parse(readFileSync(out, "utf8"));
    expect(scenarios.w1).toMatchObject({
      lost: [0],
      discardLost: [0],
      isAccounted: true,
      isQueriedComplete: true,
    });
    folder.remove();
  },
);
