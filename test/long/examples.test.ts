import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf } from "../../common/errors.ts";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decode } from "../../protocol/decode.ts";
import { REJECT } from "../../protocol/reasons.ts";
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

const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

const start = (command: string, args: readonly string[]): ChildProcess => {
  const child = spawn(command, args, { cwd: directory.path, stdio: ["ignore", "ignore", "pipe"] });
  started.push(child);
  return child;
};

/** How it ended, and what it said. No test waits in any other way: this process is the network of all of them, and a sender is gone three seconds after its last number. */
const endOf = async (child: ChildProcess) => {
  const [[status, signal], stderr] = await Promise.all([once(child, "exit"), text(child.stderr!)]);
  return { status, signal, stderr } as { status: number | null; signal: string | null; stderr: string };
};

const run = async (command: string, args: readonly string[]): Promise<void> => {
  const ended = await endOf(start(command, args));
  expect(ended, `${command} ${args.join(" ")}`).toMatchObject({ status: 0 });
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
    prepare: async () => ["python3", join(EXAMPLES, "sender.py")],
    between: (ms: number) => String(ms / 1000),
    ring: 10_000,
  },
  {
    language: "C",
    needs: "cc",
    prepare: async () => {
      const program = `${directory.path}/sender`;
      const words = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", program];
      words.push(join(EXAMPLES, "sender.c"));
      await promisify(execFile)("cc", words);
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
  let command: string | undefined;
  let args: string[];
  beforeAll(async () => {
    if (!isLeftOut) [command, ...args] = await prepare();
  });

  test
    .skipIf(isLeftOut)
    .concurrent(
      `of more than its ring the ${language} sender sends what it holds and says GONE of the rest, while it goes on`,
      async () => {
        const device = `ring-${language}`;
        const place = await listen();
        const sender = start(command!, [...args, "127.0.0.1", place.port, device, "1000000", between(1)]);
        const ended = endOf(sender);
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
        sender.kill("SIGINT");
        expect(await ended).toEqual({ status: 0, signal: null, stderr: "" });
        place.close();
      },
    );

  test
    .skipIf(isLeftOut)
    .concurrent(
      `a ${language} sender that says little sends heartbeats meanwhile, and names its channels again`,
      async () => {
        const place = await listen();
        await run(command!, [...args, "localhost", place.port, `slow-${language}`, "2", between(35_000)]);
        const second = await eventually(
          async () => place.heard.findIndex((each) => kindOf(each) === KIND.DATA && sequenceOf(each) === 1),
          (index) => index >= 0,
        );
        const kinds = place.heard.map(kindOf);
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
    const heard = once(socket, "message");
    const port = String(socket.address().port);
    await run(command!, [...args, "::1", port, `six-${language}`, "1"]);
    expect(kindOf((await heard)[0] as Buffer)).toBe(KIND.DESCRIBE);
    socket.close();
  });

  test
    .skipIf(isLeftOut)
    .concurrent(`the ${language} sender says how it is used, and begins no epoch for it`, async () => {
      const wrong = (...words: string[]) => endOf(start(command!, [...args, "127.0.0.1", ...words]));
      expect(await wrong("4747")).toMatchObject({ status: 2, stderr: expect.stringMatching(/device/i) });
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
        expect((await wrong(...words)).status, words.join(" ")).toBe(2);
      expect(readdirSync(directory.path).filter((name) => /^(x*|wrong)\.epoch$/.test(name))).toEqual([]);
    });

  test
    .skipIf(isLeftOut)
    .concurrent(
      `the ${language} sender says in one line what it cannot send to, or not keep its epoch in`,
      async () => {
        const wrong = (host: string, device: string) =>
          endOf(start(command!, [...args, host, "4747", device]));
        const nowhere = await wrong("::zz", `nowhere-${language}`);
        expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringMatching(/^.*::zz.*\n$/) });
        expect(readdirSync(directory.path)).not.toContain(`nowhere-${language}.epoch`);
        const name = `kept-${language}`;
        mkdirSync(`${directory.path}/${name}.epoch`);
        const unkept = await wrong("127.0.0.1", name);
        expect(unkept).toMatchObject({ status: 1, stderr: expect.stringMatching(/^.*\.epoch.*\n$/) });
        for (const [index, lines] of ["seven", "7\n8x\n", "4294967295\n"].entries()) {
          const other = `other-${language}-${index}`;
          writeFileSync(`${directory.path}/${other}.epoch`, lines);
          const refused = await wrong("127.0.0.1", other);
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
      const child = start(command!, [...args, "127.0.0.1", place.port, device, "1000", between(50)]);
      const ended = endOf(child);
      await eventually(
        async () => place.heard.filter((each) => kindOf(each) === KIND.DATA).length,
        (count) => count >= 3,
      );
      child.kill(signal);
      expect(await ended).toEqual({ status: 0, signal: null, stderr: "" });
      const ends = await eventually(
        async () =>
          place.heard.filter((each) => kindOf(each) === KIND.HEARTBEAT && each.readUInt16BE(6) === 1),
        ({ length }) => length >= 3,
      );
      const numbers = place.heard.filter((each) => kindOf(each) === KIND.DATA).length;
      expect(ends.map(sequenceOf)).toEqual([numbers, numbers, numbers]);
      expect(ends.map((each) => each.readUInt32BE(28 + device.length))).toEqual(Array(3).fill(0xffffffff));
      place.close();
    },
  );

  test
    .skipIf(isLeftOut)
    .concurrent(`the ${language} sender gets back what a lossy network took, start after start`, async () => {
      const device = `example-${language}`;
      const relay = await startLossyRelay(collector.ports[0]!, LOSS, 7);
      const begin = () =>
        run(command!, [...args, "127.0.0.1", String(relay.port), device, String(COUNT), between(10)]);
      await begin();
      const { total } = await eventually(
        () => ledgerOf(device),
        ({ total: { missing, received, duplicates, pending } }) =>
          missing === 0 && received! + duplicates! === relay.passed && pending === 0,
      );
      const dropped = COUNT - (total.inOrder! + total.reordered!);
      expect(dropped).toBeGreaterThan(0);
      expect(total).toMatchObject({ expected: COUNT, received: COUNT, lost: 0, recovered: dropped });
      relay.isLossy = false;
      await begin();
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
  .skipIf(unavailable("c++") !== null)
  .concurrent("the Arduino sender counts its starts, and its clock goes as that of the board", async () => {
    const board = `${directory.path}/arduino`;
    mkdirSync(board);
    for (const header of ["EEPROM.h", "WiFi.h", "WiFiUdp.h"]) writeFileSync(`${board}/${header}`, "");
    const source = join(import.meta.dirname, "../fixtures/arduino/main.cpp");
    const words = [
      "-Wall",
      "-Wextra",
      "-Werror",
      "-I",
      board,
      "-I",
      EXAMPLES,
      "-o",
      `${board}/sender`,
      source,
    ];
    await promisify(execFile)("c++", words);
    const { stdout } = await promisify(execFile)(`${board}/sender`, { maxBuffer: 1 << 24 });
    const datagram = new Datagram();
    const heard = stdout
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [clockMs, hex] = line.split(" ");
        const bytes = Buffer.from(hex!, "hex");
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        expect(decode(bytes, view, 0, bytes.length, "lacuna", datagram)).toBe(REJECT.sound);
        const { kind, epoch, sequence, sendTimeUs } = datagram;
        return { kind, epoch, sequence, uptimeMs: sendTimeUs / 1000, clockMs: Number(clockMs) };
      });
    expect(new Set(heard.map(({ epoch }) => epoch))).toEqual(new Set([0]));
    const data = heard.filter(({ kind }) => kind === KIND.DATA);
    expect(data.map(({ sequence }) => sequence)).toEqual(data.map((_, index) => index));
    // its clock begins anew meanwhile
    expect(data.length).toBeGreaterThan(30);
    expect(data.at(-1)!.clockMs).toBeLessThan(data[0]!.clockMs);
    const [first] = data;
    for (const { uptimeMs, clockMs } of data) {
      const passedMs = (clockMs - first!.clockMs) >>> 0;
      expect(Math.abs(uptimeMs - first!.uptimeMs - passedMs)).toBeLessThan(5);
    }
  });

test
  .skipIf(unavailable("nc") !== null)
  .concurrent("the shell line numbers its datagrams and its starts", async () => {
    const begin = () =>
      run(join(EXAMPLES, "sender.sh"), ["127.0.0.1", String(collector.ports[0]), "shell", "2"]);
    await begin();
    await begin();
    const { epochs } = await eventually(
      () => ledgerOf("shell"),
      (ledger) => ledger.total.received === 4 && ledger.epochs.every(({ tailKnown }) => tailKnown),
    );
    expect(epochs.map(({ epoch, first, highWater }) => [epoch, first, highWater])).toEqual([
      [1, 0, 1],
      [2, 0, 1],
    ]);
  });

test("the shell line asks for what it needs, and begins no epoch for it", async () => {
  const { status, stderr } = await endOf(start(join(EXAMPLES, "sender.sh"), ["127.0.0.1", "4747"]));
  expect({ status, stderr }).toMatchObject({ stderr: expect.stringContaining("HOST PORT DEVICE") });
  expect(status).not.toBe(0);
  expect(readdirSync(directory.path)).not.toContain(".epoch");
});

test("the shell line sends nothing in an epoch that it cannot keep", async () => {
  mkdirSync(`${directory.path}/unkept.epoch`);
  const { status, stderr } = await endOf(
    start(join(EXAMPLES, "sender.sh"), ["127.0.0.1", "9", "unkept", "1"]),
  );
  expect({ status, stderr }).toMatchObject({ stderr: expect.stringContaining("unkept.epoch") });
  expect(status).not.toBe(0);
});

test("every example is shorter than 60 lines", () => {
  for (const name of readdirSync(EXAMPLES))
    if (name.startsWith("sender"))
      expect(readFileSync(join(EXAMPLES, name), "utf8").split("\n").length, name).toBeLessThan(61);
});
