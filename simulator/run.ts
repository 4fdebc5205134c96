import { openUdpTransport, type Transport } from "./network/udp-transport.ts";
import {
  type FleetSettings,
  greatestDatagramBytes,
  resolveStart,
  type SimulatorSettings,
} from "./options/settings.ts";
import { type Progress, type RunControl, Sending } from "./sending.ts";
import { truthHeader } from "./truth/truth.ts";
import { writeTruth } from "./truth/truth-file.ts";

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
      await writeTruth(settings.truthPath, truthHeader(resolved, startedAtUs), sending.fleet.truth());
    }
    const targetRateHz = sending.fleet.schedule.totalRateHz;
    return { ...progress, rateHz: sending.rateHz, startedAtUs, targetRateHz, settings: resolved };
  } finally {
    for (const transport of transports) await transport.close();
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
