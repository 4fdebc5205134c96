import { createSocket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningCollector, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";
import { LiveStream } from "../support/live-client.ts";

const directory = temporaryDirectory();
const socket = createSocket("udp4");
let collector: RunningCollector;
const start = async (): Promise<RunningCollector> =>
  await startCollector(["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/live.db`]);
beforeAll(async () => {
  collector = await start();
});
afterAll(async () => {
  socket.close();
  await collector.stop();
  directory.remove();
});

const send = (device: string, ...sequences: number[]): void => {
  for (const seq of sequences)
    socket.send(
      JSON.stringify({ device, epoch: 1, seq, values: { temperature: seq } }),
      collector.ports[0]!,
      "127.0.0.1",
    );
};
const live = (query: string, after?: string) =>
  LiveStream.open(`${collector.api}/api/v1/live?${query}`, after);
const numbers = (stream: LiveStream): number[] => stream.of("reading").map(({ data }) => data.seq);

// how soon is measured where nothing else runs: test/long/live-clients.test.ts
test("a reading is seen without another one having to come", async () => {
  const stream = await live("device=quick&event=reading");
  for (let seq = 0; seq < 5; seq++) {
    send("quick", seq);
    await stream.until((events) => events.length === seq + 1);
  }
  expect(numbers(stream)).toEqual([0, 1, 2, 3, 4]);
  stream.close();
});

test("a gap and the ledger are seen as the numbers stay away", async () => {
  const stream = await live("device=holes&event=gap&event=ledger");
  send("holes", 0, 1, 4);
  await stream.until((events) => events.some(({ event }) => event === "gap"));
  expect(stream.of("gap")[0]!.data).toMatchObject({ device: "holes", first: 2, last: 3, state: "lost" });
  await stream.until((events) => events.some(({ data }) => data.total?.lost === 2));
  send("holes", 2);
  await stream.until((events) => events.some(({ data }) => data.state === "filled"));
  stream.close();
});

describe("a stop", () => {
  test("ends the stream, and after the start the client is told what it missed", async () => {
    const before = await live("device=pump&event=reading");
    send("pump", 0, 1, 2);
    await before.until((events) => events.length === 3);
    expect((await collector.stop()).code).toBe(0);
    await before.ended;
    collector = await start();
    send("pump", 3, 4);
    const again = await live("device=pump&event=reading", before.lastEventId);
    await again.until((events) => events.length === 2);
    expect(numbers(again)).toEqual([3, 4]);
    again.close();
  });
});
