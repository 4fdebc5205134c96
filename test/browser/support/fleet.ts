import { createSocket, type Socket } from "node:dgram";
import { freePort } from "../../support/free-port.ts";
import {
  eventually,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../../support/lacuna-process.ts";

/** Numbers of `pump-7` that never leave: one, and a burst. */
export const PUMP_ABSENT: readonly (readonly [number, number])[] = [
  [17, 17],
  [60, 71],
];
export const PUMP_NUMBERS = 120;
/** time between two numbers of a device */
const STEP_US = 100_000;

/** A collector and devices that a test plays datagram by datagram, so that it knows what is absent. */
export interface Fleet {
  api: string;
  collector: RunningCollector;
  /** @param seq - undefined: a datagram without a number */
  send(
    device: string,
    seq: number | undefined,
    timeUs: number,
    values: Record<string, number>,
  ): Promise<void>;
  /** Waits until the API knows a device: what was sent is told one flush later. */
  heard(device: string): Promise<unknown>;
  /** stop the collector and start it again on the same ports and database */
  restart(between?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const openSocket = async (): Promise<Socket> => {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket;
};

const isAbsent = (seq: number): boolean => PUMP_ABSENT.some(([first, last]) => seq >= first && seq <= last);

/** `pump-7` with gaps, `fan-1` whole, and sixty valves of three numbers each. */
const play = async ({ send }: Fleet): Promise<void> => {
  const endUs = Date.now() * 1000;
  for (let seq = 0; seq < PUMP_NUMBERS; seq++) {
    const timeUs = endUs - (PUMP_NUMBERS - seq) * STEP_US;
    if (!isAbsent(seq))
      await send("pump-7", seq, timeUs, { temperature: 20 + Math.sin(seq / 9), pressure: seq });
    await send("fan-1", seq, timeUs, { speed: 1000 + seq });
  }
  for (let valve = 0; valve < 60; valve++) {
    const id = `valve-${String(valve).padStart(2, "0")}`;
    for (let seq = 0; seq < 3; seq++) await send(id, seq, endUs - (3 - seq) * STEP_US, { open: valve % 2 });
  }
};

interface FleetTotal {
  lost: number;
  pending: number;
  expected: number;
}

const totalOf = async (api: string, token: string | undefined): Promise<FleetTotal> => {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${api}/api/v1/ledger`, { headers });
  return ((await response.json()) as { total: FleetTotal }).total;
};

/**
 * Starts a collector, plays the devices, and waits until their ledger is settled.
 * @param access - a token the collector asks for, and its line in the configuration
 */
export const startFleet = async (access?: { token: string; line: string }): Promise<Fleet> => {
  const directory = temporaryDirectory();
  const socket = await openSocket();
  const [http, udp] = [await freePort(), await freePort()];
  const start = (): Promise<RunningCollector> =>
    startCollector([
      "--http",
      `127.0.0.1:${http}`,
      "--listen",
      `udp://127.0.0.1:${udp}`,
      "--db",
      `${directory.path}/lacuna.db`,
      ...(access === undefined ? [] : ["--token", access.line]),
    ]);
  let collector = await start();
  const fleet: Fleet = {
    api: `http://127.0.0.1:${http}`,
    get collector() {
      return collector;
    },
    send: (device, seq, timeUs, values) =>
      new Promise((resolve, reject) => {
        const text = JSON.stringify({ device, epoch: 1, seq, time_us: timeUs, values });
        socket.send(text, udp, "127.0.0.1", (error) => (error === null ? resolve() : reject(error)));
      }),
    heard: (device) =>
      eventually(
        () => fetch(`${fleet.api}/api/v1/devices/${device}`),
        ({ ok }) => ok,
      ),
    restart: async (between) => {
      await collector.stop();
      await between?.();
      collector = await start();
    },
    close: async () => {
      await collector.stop();
      socket.close();
      directory.remove();
    },
  };
  await play(fleet);
  const lost = PUMP_ABSENT.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  await eventually(
    () => totalOf(fleet.api, access?.token),
    (total) => total.lost === lost && total.pending === 0 && total.expected === 2 * PUMP_NUMBERS + 180,
  );
  return fleet;
};
