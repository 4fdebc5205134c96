import { openUdpTransport, type Transport } from "./network/udp-transport.ts";
import {
  type FleetSettings,
  greatestDatagramBytes,
  resolveStart,
  type SimulatorSettings,
} from "./options/settings.ts";
import { type Progress, type RunControl, Sending } from "./sending.ts";
import { truthHeader } from "./truth/truth.ts";
import { type TruthReader, writeTruth } from "./truth/truth-file.ts";

const LOOK_EVERY_MS = 50;

/** `lacuna simulate --json` prints all of it. */
export interface Summary extends Progress {
  startedAtUs: number;
  /** what was asked for, datagrams per second without copies and control */
  targetRateHz: number;
  settings: FleetSettings;
}

/**
 * Runs a simulation on this thread until its end or until stopped, then writes the truth file. `simulate` does it in a worker.
 * @throws LacunaError of the transport and of the truth file
 */
export const runSimulation = async (settings: SimulatorSettings, control: RunControl): Promise<Summary> => {
  const startedAtUs = control.clock.wallUs();
  const resolved = resolveStart(settings, startedAtUs);
  const transports = await openTransports(settings);
  try {
    const sending = new Sending(resolved, transports, control);
    await sending.run();
    const progress = sending.progress();
    if (settings.truthPath !== null) {
      const { fleet } = sending;
      await withReader(control, (reader) =>
        writeTruth(settings.truthPath!, truthHeader(resolved, startedAtUs), fleet.truth(), reader),
      );
    }
    const targetRateHz = sending.fleet.schedule.totalRateHz;
    return { ...progress, rateHz: sending.rateHz, startedAtUs, targetRateHz, settings: resolved };
  } finally {
    for (const transport of transports) await transport.close();
  }
};

/** Who stops the simulation from now on has waited long enough for who reads the truth; one more time, where it was stopped before. */
const withReader = async (
  { isStopped, isHurried, onReaderAwaited }: RunControl,
  write: (reader: TruthReader) => Promise<void>,
): Promise<void> => {
  const abort = new AbortController();
  const isGivenUp = isStopped() ? isHurried : isStopped;
  const timer = setInterval(() => {
    if (isGivenUp()) abort.abort();
  }, LOOK_EVERY_MS);
  try {
    await write({ signal: abort.signal, onAwaited: onReaderAwaited });
  } finally {
    clearInterval(timer);
  }
};

/** One to each target. */
const openTransports = async (settings: SimulatorSettings): Promise<Transport[]> => {
  const { target, targetB, sockets } = settings;
  const transports: Transport[] = [];
  try {
    for (const url of targetB === null ? [target] : [target, targetB])
      transports.push(await openUdpTransport(url, sockets, greatestDatagramBytes(settings)));
  } catch (error) {
    for (const transport of transports) await transport.close();
    throw error;
  }
  return transports;
};
