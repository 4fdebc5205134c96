import { Emission, EmissionQueue } from "../fleet/emission.ts";
import type { Schedule } from "../fleet/schedule.ts";
import type { FleetSettings } from "../options/settings.ts";
import type { Departures } from "../truth/departures.ts";
import type { StartTruth } from "../truth/truth.ts";
import { Flight, type PathStages, stagesOfPaths } from "./impairments.ts";

/** The way out of the simulator: takes a datagram through the impairments of each path, and keeps its copies until they leave. */
export class Outbound {
  /** the datagram at hand */
  readonly emission = new Emission();
  /** copies under way */
  readonly queue = new EmissionQueue();
  readonly #settings: FleetSettings;
  readonly #schedule: Schedule;
  readonly #latestUs: (device: number) => number;
  /** with memories of their own: who sends by another way out has no part in these */
  readonly #paths: readonly PathStages[];
  /** of the number at hand: what left on each path */
  readonly #departures: Departures[];
  readonly #flight = new Flight();

  /** @param latestUs - when a device's datagrams have left at the latest */
  constructor(settings: FleetSettings, schedule: Schedule, latestUs: (device: number) => number) {
    this.#settings = settings;
    this.#schedule = schedule;
    this.#latestUs = latestUs;
    this.#paths = stagesOfPaths(settings, schedule.intervalUs);
    this.#departures = this.#paths.map(() => ({ copies: 0, intact: 0 }));
  }

  /** A datagram is made. @param timeUs - whole microseconds since the start of the simulation */
  prepare(start: StartTruth, kind: number, sequence: number, timeUs: number): void {
    const { emission } = this;
    emission.device = start.device;
    emission.kind = kind;
    emission.epoch = start.epoch;
    emission.sequence = sequence;
    emission.sendTimeUs = this.#schedule.sendTimeUs(start.device, timeUs);
    emission.isEnd = false;
  }

  /**
   * The DATA at hand is sent.
   * @param key - what its impairments are drawn with
   * @returns what left of it on each path; filled again by the next one
   */
  sendData(key: number, nowUs: number): readonly Departures[] {
    const { device, sequence } = this.emission;
    const flight = this.#flight;
    for (const [path, { keyOf, stages }] of this.#paths.entries()) {
      flight.begin(device, keyOf(key), sequence);
      for (const stage of stages) stage(flight);
      this.#push(path, nowUs);
      const departures = this.#departures[path]!;
      departures.copies = flight.copies;
      departures.intact = flight.intactCopies;
    }
    return this.#departures;
  }

  /** Another kind at hand is sent. @param number - what its draws are numbered by, where control is impaired too */
  sendControl(key: number, number: number, nowUs: number): void {
    const flight = this.#flight;
    for (const [path, { keyOf, stages }] of this.#paths.entries()) {
      flight.begin(this.emission.device, keyOf(key), number);
      if (this.#settings.impairControl) for (const stage of stages) stage(flight);
      // not an impairment but the length of the path: control keeps its place before the data
      else flight.delayUs[0] = this.#settings.delayMs * 1000;
      this.#push(path, nowUs);
    }
  }

  #push(path: number, nowUs: number): void {
    const { device, copies, delayUs, damage } = this.#flight;
    const latestUs = this.#latestUs(device);
    this.emission.path = path;
    for (let copy = 0; copy < copies; copy++) {
      this.emission.dueUs = Math.min(nowUs + delayUs[copy]!, latestUs);
      this.emission.damage = damage[copy]!;
      this.queue.push(this.emission);
    }
  }
}
