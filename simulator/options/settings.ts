import type { SettingsOf } from "../../common/config.ts";
import { ENTRY_BYTES } from "../../protocol/constants.ts";
import type { SIMULATOR_OPTIONS } from "./options.ts";

/** the longest reading of either format: a JSON member with a float64 */
const LONGEST_READING_BYTES = 48;
/** header, id, checksum and the words of JSON around the readings */
const FRAME_BYTES = 320;
/** one GONE names at most so many ranges */
export const MOST_GONE = 64;

/** What a running simulation may be asked for, as bits. */
export const STOP = { SIMULATION: 1, ANSWERS: 2 } as const;

/** A value for every option, by property name. */
export type SimulatorSettings = SettingsOf<typeof SIMULATOR_OPTIONS>;

/** Settings with every clock-dependent one resolved: what datagrams, values and truth are a pure function of. */
export type FleetSettings = SimulatorSettings & { readonly epoch: number; readonly baseTimeUs: number };

/** Epoch and base time as given, else from the clock at the start. */
export const resolveStart = (settings: SimulatorSettings, startUs: number): FleetSettings => ({
  ...settings,
  epoch: settings.epoch ?? Math.floor(startUs / 1e6),
  baseTimeUs: settings.baseTimeUs ?? startUs,
});

/** Paths each datagram takes. */
export const pathCountOf = ({ targetB }: Pick<SimulatorSettings, "targetB">): 1 | 2 =>
  targetB === null ? 1 : 2;

/** datagrams per second of the fleet on each path, without repeats and control */
export const totalRateHz = (settings: SimulatorSettings): number =>
  settings.totalRateHz ?? settings.rateHz * settings.devices;

/** Room that any datagram of these settings fits into. */
export const greatestDatagramBytes = ({ channels }: SimulatorSettings): number =>
  FRAME_BYTES + Math.max(channels * LONGEST_READING_BYTES, MOST_GONE * ENTRY_BYTES.RANGE);
