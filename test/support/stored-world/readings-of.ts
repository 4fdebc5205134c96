import type { Sent, StoredWorld, WorldDevice } from "./stored-world.ts";

/** One value of one channel. */
export interface Reading {
  sent: Sent;
  /** place in its datagram */
  index: number;
  timeUs: number;
  value: number;
}

/** What lies there of a channel, by numbering and number. */
export const readingsOf = (world: StoredWorld, device: WorldDevice, channel: string): Reading[] => {
  const present = world.present();
  return world
    .sentBy(device)
    .filter((sent) => present.has(sent))
    .flatMap((sent) =>
      sent.readings
        .map((reading, index) => ({ ...reading, sent, index }))
        .filter((reading) => world.nameOf(device, sent.run, reading.channel) === channel),
    );
};

/** Whether the device ever said anything of a channel: of any other nothing is answered. */
export const hasHad = (world: StoredWorld, device: WorldDevice, channel: string): boolean =>
  world.isDescribed(device, channel) ||
  world
    .sentBy(device)
    .some(({ run, readings }) =>
      readings.some((reading) => world.nameOf(device, run, reading.channel) === channel),
    );

/** By time; of one time by numbering, number and place in the datagram. */
export const byTime = (a: Reading, b: Reading): number =>
  a.timeUs - b.timeUs ||
  a.sent.run.run - b.sent.run.run ||
  a.sent.sequence - b.sent.sequence ||
  a.index - b.index;
