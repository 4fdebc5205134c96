import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf } from "../../common/errors.ts";
import {
  eventually,
  getJson,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { startLossyRelay } from "../support/lossy-relay.ts";

/** The senders of examples/ against a real collector: what they say in under 60 lines is the protocol, recovery included. */
const EXAMPLES = join(import.meta.dirname, "../../examples");
const directory = temporaryDirectory();
const COUNT = 150;
/** a number asked for ten times in vain is lost: with so much loss that happens once in a million runs */
const LOSS = 0.1;

/** Why a command cannot be run here, or null. On CI always null: then the test fails instead of being skipped. */
const unavailable = (command: string): string | null => {
  if (process.env.CI === "true") return null;
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return null;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return null;
    const reason = `there is no \`${command}\` here`;
    console.warn(`skipped: ${reason}`);
    return reason;
  }
};

let collector: RunningCollector;
beforeAll(async () => {
  collector = await startCollector([
    ...["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/examples.db`],
  ]);
});
afterAll(async () => {
  await collector.stop();
  directory.remove();
});

const run = async (command: string, args: readonly string[]): Promise<void> => {
  const child = spawn(command, args, { cwd: directory.path, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = (await once(child, "exit")) as [number];
  expect(code, `${command} ${args.join(" ")}`).toBe(0);
};

interface DeviceLedger {
  total: Record<string, number>;
  epochs: { epoch: number; first: number; highWater: number; tailKnown: boolean; recovered: number }[];
}
const ledgerOf = (device: string): Promise<DeviceLedger> =>
  getJson<DeviceLedger>(`${collector.api}/api/v1/devices/${device}/ledger`);

const SENDERS = [
  {
    language: "Python",
    needs: "python3",
    prepare: () => ["python3", join(EXAMPLES, "sender.py")],
    between: "0.01",
  },
  {
    language: "C",
    needs: "cc",
    prepare: () => {
      const program = `${directory.path}/sender`;
      execFileSync("cc", ["-Wall", "-Wextra", "-Werror", "-o", program, join(EXAMPLES, "sender.c")]);
      return [program];
    },
    between: "10",
  },
];

for (const { language, needs, prepare, between } of SENDERS) {
  test
    .skipIf(unavailable(needs) !== null)
    .concurrent(`the ${language} sender gets back what a lossy network took, start after start`, async () => {
      const device = `example-${language}`;
      const [command, ...args] = prepare();
      const relay = await startLossyRelay(collector.ports[0]!, LOSS, 7);
      const start = () =>
        run(command!, [...args, "127.0.0.1", String(relay.port), device, String(COUNT), between]);
      await start();
      const { total } = await eventually(
        () => ledgerOf(device),
        ({ total: { missing, received, duplicates, pending } }) =>
          missing === 0 && received! + duplicates! === relay.passed && pending === 0,
      );
      const dropped = COUNT - (total.inOrder! + total.reordered!);
      expect(dropped).toBeGreaterThan(0);
      expect(total).toMatchObject({ expected: COUNT, received: COUNT, lost: 0, recovered: dropped });
      relay.isLossy = false;
      await start();
      const { epochs } = await eventually(
        () => ledgerOf(device),
        (ledger) => ledger.epochs.length === 2 && ledger.epochs[1]!.tailKnown,
      );
      expect(epochs.map(({ epoch, first, highWater }) => [epoch, first, highWater])).toEqual([
        [1, 0, COUNT - 1],
        [2, 0, COUNT - 1],
      ]);
      await relay.close();
    });
}

test
  .skipIf(unavailable("nc") !== null)
  .concurrent("the shell line numbers its datagrams and its starts", async () => {
    const start = () =>
      run(join(EXAMPLES, "sender.sh"), ["127.0.0.1", String(collector.ports[0]), "shell", "2"]);
    await start();
    await start();
    const { epochs } = await eventually(
      () => ledgerOf("shell"),
      ({ total }) => total.received === 4,
    );
    expect(epochs.map(({ epoch, first, highWater }) => [epoch, first, highWater])).toEqual([
      [1, 0, 1],
      [2, 0, 1],
    ]);
  });

test("every example is shorter than 60 lines", () => {
  for (const name of readdirSync(EXAMPLES))
    if (name.startsWith("sender"))
      expect(readFileSync(join(EXAMPLES, name), "utf8").split("\n").length, name).toBeLessThan(61);
});
