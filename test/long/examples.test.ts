import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf } from "../../common/errors.ts";
import { KIND } from "../../protocol/constants.ts";
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
    between: (ms: number) => String(ms / 1000),
    ring: 10_000,
  },
  {
    language: "C",
    needs: "cc",
    prepare: () => {
      const program = `${directory.path}/sender`;
      execFileSync("cc", ["-Wall", "-Wextra", "-Werror", "-o", program, join(EXAMPLES, "sender.c")]);
      return [program];
    },
    between: String,
    ring: 4096,
  },
];

/** A socket that a sender sends to, and everything that came. */
const listen = async () => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.setRecvBufferSize(4 << 20);
  const heard: Buffer[] = [];
  let source: RemoteInfo | undefined;
  socket.on("message", (datagram, from) => {
    heard.push(datagram);
    source = from;
  });
  const answer = (datagram: Buffer): void => socket.send(datagram, source!.port, source!.address);
  return { port: String(socket.address().port), heard, answer, close: () => socket.close() };
};
const kindOf = (datagram: Buffer): number => datagram[3]!;
const sequenceOf = (datagram: Buffer): number => Number(datagram.readBigUInt64BE(12));
const repeatsIn = (after: readonly Buffer[], last: number): Buffer[] =>
  after.filter((each) => kindOf(each) === KIND.DATA && sequenceOf(each) <= last);

for (const { language, needs, prepare, between, ring } of SENDERS) {
  const isLeftOut = unavailable(needs) !== null;
  test
    .skipIf(isLeftOut)
    .concurrent(
      `of more than its ring the ${language} sender sends what it holds and says GONE of the rest, while it goes on`,
      async () => {
        const device = `ring-${language}`;
        const place = await listen();
        const [command, ...args] = prepare();
        const count = ring + 1000;
        const ended = run(command!, [...args, "127.0.0.1", place.port, device, String(count), between(1)]);
        await eventually(
          async () => place.heard.findLast((each) => kindOf(each) === KIND.DATA),
          (last) => last !== undefined && sequenceOf(last) >= ring + 200,
        );
        const before = [...place.heard];
        const last = sequenceOf(before.findLast((each) => kindOf(each) === KIND.DATA)!);
        const body = Buffer.alloc(16);
        body.writeBigUInt64BE(BigInt(last), 8);
        const nack = Buffer.concat([before.at(-1)!.subarray(0, 28 + device.length), body]);
        nack[3] = KIND.NACK;
        nack.writeUInt16BE(1, 6);
        place.answer(nack);
        await eventually(
          async () => place.heard.slice(before.length),
          (after) => after.some((each) => kindOf(each) === KIND.GONE) && repeatsIn(after, last).length >= 50,
        );
        const after = place.heard.slice(before.length);
        const gone = after.find((each) => kindOf(each) === KIND.GONE)!;
        const lastGone = Number(gone.readBigUInt64BE(28 + device.length + 8));
        expect(lastGone).toBeGreaterThanOrEqual(last - ring);
        const originals = new Map(
          before.filter((each) => kindOf(each) === KIND.DATA).map((each) => [sequenceOf(each), each]),
        );
        for (const repeat of repeatsIn(after, last)) {
          expect(sequenceOf(repeat)).toBeGreaterThan(lastGone);
          expect(repeat.equals(originals.get(sequenceOf(repeat))!)).toBe(true);
        }
        expect(place.heard.filter(({ length }) => length === 0)).toEqual([]);
        await ended;
        place.close();
      },
    );

  test
    .skipIf(isLeftOut)
    .concurrent(
      `a ${language} sender that says little sends heartbeats meanwhile, and names its channels again`,
      async () => {
        const place = await listen();
        const [command, ...args] = prepare();
        await run(command!, [...args, "localhost", place.port, `slow-${language}`, "2", between(31_000)]);
        const kinds = place.heard.map(kindOf);
        const second = place.heard.findIndex((each) => kindOf(each) === KIND.DATA && sequenceOf(each) === 1);
        expect(kinds.slice(0, second).filter((kind) => kind === KIND.HEARTBEAT)).toHaveLength(3);
        const descriptions = place.heard.filter((each) => kindOf(each) === KIND.DESCRIBE);
        expect(descriptions.map(sequenceOf)).toEqual([0, 1]);
        place.close();
      },
    );

  test.skipIf(isLeftOut).concurrent(`the ${language} sender sends to an IPv6 address`, async () => {
    const socket = createSocket("udp6");
    socket.bind(0, "::1");
    await once(socket, "listening");
    const [command, ...args] = prepare();
    const heard = once(socket, "message");
    const port = String(socket.address().port);
    await run(command!, [...args, "::1", port, `six-${language}`, "1"]);
    expect(kindOf((await heard)[0] as Buffer)).toBe(KIND.DESCRIBE);
    socket.close();
  });

  test
    .skipIf(isLeftOut)
    .concurrent(`the ${language} sender says how it is used, and begins no epoch for it`, () => {
      const [command, ...args] = prepare();
      const wrong = { cwd: directory.path, encoding: "utf8" } as const;
      const { status, stderr } = spawnSync(command!, [...args, "127.0.0.1", "4747"], wrong);
      expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(/device/i) });
      for (const words of [
        ["4747", ""],
        ["4747", "x".repeat(65)],
        ["99999", "wrong"],
        ["0", "wrong"],
        ["http", "wrong"],
        ["4747", "wrong", "some"],
        ["4747", "wrong", "-1"],
        ["4747", "wrong", "1", "0"],
        ["4747", "wrong", "1", "-1"],
        ["4747", "wrong", "1", "nan"],
        ["4747", "wrong", "1", "1", "1"],
      ])
        expect(spawnSync(command!, [...args, "127.0.0.1", ...words], wrong).status, words.join(" ")).toBe(2);
      expect(readdirSync(directory.path).filter((name) => /^(x*|wrong)\.epoch$/.test(name))).toEqual([]);
    });

  test
    .skipIf(isLeftOut)
    .concurrent(
      `the ${language} sender says in one line what it cannot send to, or not keep its epoch in`,
      () => {
        const [command, ...args] = prepare();
        const wrong = { cwd: directory.path, encoding: "utf8" } as const;
        const nowhere = spawnSync(command!, [...args, "::zz", "4747", `nowhere-${language}`], wrong);
        expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringMatching(/^.*::zz.*\n$/) });
        expect(readdirSync(directory.path)).not.toContain(`nowhere-${language}.epoch`);
        const name = `kept-${language}`;
        mkdirSync(`${directory.path}/${name}.epoch`);
        const unkept = spawnSync(command!, [...args, "127.0.0.1", "4747", name], wrong);
        expect(unkept).toMatchObject({ status: 1, stderr: expect.stringMatching(/^.*\.epoch.*\n$/) });
        for (const [index, lines] of ["seven", "7\n8x\n", "4294967295\n"].entries()) {
          const other = `other-${language}-${index}`;
          writeFileSync(`${directory.path}/${other}.epoch`, lines);
          const refused = spawnSync(command!, [...args, "127.0.0.1", "4747", other], wrong);
          expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/^.*\.epoch.*\n$/) });
          expect(readFileSync(`${directory.path}/${other}.epoch`, "utf8")).toBe(lines);
        }
      },
    );

  test.skipIf(isLeftOut).concurrent.each(["SIGINT", "SIGTERM"] as const)(
    `the ${language} sender says at %s that its epoch is over, and leaves in good order`,
    async (signal) => {
      const device = `stopped-${language}-${signal}`;
      const place = await listen();
      const [command, ...args] = prepare();
      const child = spawn(command!, [...args, "127.0.0.1", place.port, device, "1000", between(50)], {
        cwd: directory.path,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const ended = Promise.all([once(child, "exit"), text(child.stderr)]);
      await eventually(
        async () => place.heard.filter((each) => kindOf(each) === KIND.DATA).length,
        (count) => count >= 3,
      );
      child.kill(signal);
      expect(await ended).toEqual([[0, null], ""]);
      const numbers = place.heard.filter((each) => kindOf(each) === KIND.DATA).length;
      const ends = place.heard.filter(
        (each) => kindOf(each) === KIND.HEARTBEAT && each.readUInt16BE(6) === 1,
      );
      expect(ends.map(sequenceOf)).toEqual([numbers, numbers, numbers]);
      expect(ends.map((each) => each.readUInt32BE(28 + device.length))).toEqual(Array(3).fill(0xffffffff));
      place.close();
    },
  );

  test
    .skipIf(isLeftOut)
    .concurrent(`the ${language} sender gets back what a lossy network took, start after start`, async () => {
      const device = `example-${language}`;
      const [command, ...args] = prepare();
      const relay = await startLossyRelay(collector.ports[0]!, LOSS, 7);
      const start = () =>
        run(command!, [...args, "127.0.0.1", String(relay.port), device, String(COUNT), between(10)]);
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
      (ledger) => ledger.total.received === 4 && ledger.epochs.every(({ tailKnown }) => tailKnown),
    );
    expect(epochs.map(({ epoch, first, highWater }) => [epoch, first, highWater])).toEqual([
      [1, 0, 1],
      [2, 0, 1],
    ]);
  });

test("the shell line asks for what it needs, and begins no epoch for it", () => {
  const { status, stderr } = spawnSync(join(EXAMPLES, "sender.sh"), ["127.0.0.1", "4747"], {
    cwd: directory.path,
    encoding: "utf8",
  });
  expect({ status, stderr }).toMatchObject({ stderr: expect.stringContaining("HOST PORT DEVICE") });
  expect(status).not.toBe(0);
  expect(readdirSync(directory.path)).not.toContain(".epoch");
});

test("the shell line sends nothing in an epoch that it cannot keep", () => {
  mkdirSync(`${directory.path}/unkept.epoch`);
  const { status, stderr } = spawnSync(join(EXAMPLES, "sender.sh"), ["127.0.0.1", "9", "unkept", "1"], {
    cwd: directory.path,
    encoding: "utf8",
  });
  expect({ status, stderr }).toMatchObject({ stderr: expect.stringContaining("unkept.epoch") });
  expect(status).not.toBe(0);
});

test("every example is shorter than 60 lines", () => {
  for (const name of readdirSync(EXAMPLES))
    if (name.startsWith("sender"))
      expect(readFileSync(join(EXAMPLES, name), "utf8").split("\n").length, name).toBeLessThan(61);
});
