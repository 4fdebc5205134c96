import { expect, test } from "vitest";
import { ChannelRegistry } from "../../../collector/batch/channel-registry.ts";

type Announced = [device: number, epoch: number | null, channel: number, name: string, unit: string];

const setUp = (maxEntries?: number) => {
  const announced: Announced[] = [];
  const registry = new ChannelRegistry((...channel) => void announced.push(channel), maxEntries);
  return { registry, announced };
};

test("an undescribed channel is not announced: it goes by its number", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  for (const channel of [7, 7, 40_000, 40_000]) expect(registry.admit(1, table, channel)).toBe(true);
  expect(announced).toEqual([]);
});

test("an undescribed channel whose name is taken is announced once under another", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  registry.describe(1, table, 3, "ch7", "");
  for (const channel of [7, 7]) expect(registry.admit(1, table, channel)).toBe(true);
  expect(announced).toEqual([
    [1, 5, 3, "ch7", ""],
    [1, 5, 7, "ch7#7", ""],
  ]);
});

test("a name another channel has gets the channel's number as suffix", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  registry.describe(1, table, 3, "temp", "Cel");
  registry.describe(1, table, 7, "temp", "Cel");
  registry.describe(1, table, 7, "temp", "Cel");
  expect(announced.map(([, , , name]) => name)).toEqual(["temp", "temp#7"]);
});

test("a description cannot take the name of an undescribed channel", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  registry.admit(1, table, 7);
  registry.describe(1, table, 3, "ch7", "");
  expect(announced.at(-1)).toEqual([1, 5, 3, "ch7#3", ""]);
});

test("a name is free again when its channel is renamed", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  registry.describe(1, table, 3, "temp", "");
  registry.describe(1, table, 3, "hum", "");
  registry.describe(1, table, 4, "temp", "");
  expect(announced.at(-1)).toEqual([1, 5, 4, "temp", ""]);
});

test("a suffix goes when the channel is described again and no other has the name", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  const describe = (...names: string[]) =>
    names.forEach((name, channel) => void registry.describe(1, table, channel, name, ""));
  describe("temp", "hum");
  describe("hum", "temp");
  describe("hum", "temp");
  describe("hum", "temp");
  expect(announced.slice(2)).toEqual([
    [1, 5, 0, "hum#0", ""],
    [1, 5, 1, "temp", ""],
    [1, 5, 0, "hum", ""],
  ]);
});

test("an undescribed channel that gets a description leaves its name to others, and counts once", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  registry.admit(1, table, 7);
  registry.describe(1, table, 7, "temp", "");
  registry.describe(1, table, 3, "ch7", "");
  expect(announced.at(-1)).toEqual([1, 5, 3, "ch7", ""]);
  expect(table.channelCount).toBe(2);
});

test("an undescribed channel described by its own name keeps it", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 5);
  registry.admit(1, table, 7);
  registry.describe(1, table, 7, "ch7", "Cel");
  expect(announced).toEqual([[1, 5, 7, "ch7", "Cel"]]);
});

test("a named channel keeps its number while it bears a suffix", () => {
  const { registry } = setUp();
  const table = registry.tableOf(1, -1);
  registry.describe(1, table, 3, "temp", "");
  const number = registry.numberOf(1, table, "temp");
  expect(number).toBe(32_768);
  registry.describe(1, table, 3, "other", "");
  expect(registry.numberOf(1, table, "temp")).toBe(number);
});

test("of several named channels with one name and a suffix the first is found, then the next", () => {
  const { registry } = setUp();
  const table = registry.tableOf(1, -1);
  for (const channel of [3, 40_000, 40_001]) registry.describe(1, table, channel, "temp", "");
  expect(registry.numberOf(1, table, "temp")).toBe(40_000);
  registry.describe(1, table, 40_000, "other", "");
  expect(registry.numberOf(1, table, "temp")).toBe(40_001);
  registry.describe(1, table, 40_001, "third", "");
  expect(registry.numberOf(1, table, "temp")).toBe(32_768);
});

test("a sender without epochs is announced with epoch null", () => {
  const { registry, announced } = setUp();
  registry.numberOf(1, registry.tableOf(1, -1), "t");
  expect(announced).toEqual([[1, null, 32_768, "t", ""]]);
});

test("many channels keep their names apart", () => {
  const { registry, announced } = setUp();
  const table = registry.tableOf(1, 1);
  const names = Array.from({ length: 1024 }, (_, index) => `c${index}`);
  const numbers = names.map((name) => registry.numberOf(1, table, name));
  expect(new Set(numbers).size).toBe(1024);
  expect(names.map((name) => registry.numberOf(1, table, name))).toEqual(numbers);
  expect(registry.numberOf(1, table, "one more")).toBe(-1);
  expect(registry.admit(1, table, 3)).toBe(false);
  expect(announced).toHaveLength(1024);
});

test("names of the eight epochs last used are remembered", () => {
  const { registry, announced } = setUp();
  for (let epoch = 0; epoch < 9; epoch++) registry.describe(1, registry.tableOf(1, epoch), 1, "t", "");
  announced.length = 0;
  registry.describe(1, registry.tableOf(1, 8), 1, "t", "");
  registry.describe(1, registry.tableOf(1, 1), 1, "t", "");
  expect(announced).toEqual([]);
  registry.describe(1, registry.tableOf(1, 0), 1, "t", "");
  expect(announced).toEqual([[1, 0, 1, "t", ""]]);
});

test("what the database knows is not announced again", () => {
  const { registry, announced } = setUp();
  registry.restore({
    device: 1,
    channels: [
      { epoch: 1, channel: 7, name: "ch7", unit: "" },
      { epoch: 1, channel: 3, name: "temp", unit: "Cel" },
      { epoch: 1, channel: 4, name: "temp#4", unit: "Cel" },
      { epoch: null, channel: 32_768, name: "hum", unit: "%" },
    ],
  });
  const table = registry.tableOf(1, 1);
  registry.admit(1, table, 7);
  registry.describe(1, table, 3, "temp", "Cel");
  registry.describe(1, table, 4, "temp", "Cel");
  expect(registry.numberOf(1, registry.tableOf(1, -1), "hum")).toBe(32_768);
  expect(announced).toEqual([]);
  expect(registry.numberOf(1, registry.tableOf(1, -1), "new")).toBe(32_769);
});

test("the bound over all devices refuses, and a forgotten device makes room", () => {
  const { registry } = setUp(2);
  for (const device of [1, 2]) registry.numberOf(device, registry.tableOf(device, 1), "t");
  expect(registry.numberOf(3, registry.tableOf(3, 1), "t")).toBe(-1);
  registry.forget(1);
  expect(registry.numberOf(3, registry.tableOf(3, 1), "t")).toBe(32_768);
});

test("a device with nothing but small undescribed channels has no table", () => {
  const { registry, announced } = setUp();
  expect(registry.admitAll(1, 5, Uint16Array.of(0, 7, 99), 2)).toBeNull();
  expect(registry.admitAll(1, 5, Uint16Array.of(29), 1)).toBeNull();
  expect(registry.admitAll(1, 5, Uint16Array.of(7, 30), 2)).not.toBeNull();
  expect(announced).toEqual([]);
});

test("the small channels of a device are known in the table it gets later", () => {
  const { registry, announced } = setUp();
  registry.admitAll(1, 5, Uint16Array.of(7, 8), 2);
  const table = registry.tableOf(1, 5);
  expect([table.has(7), table.has(8), table.has(9), table.channelCount]).toEqual([true, true, false, 2]);
  registry.describe(1, table, 3, "ch7", "");
  expect(announced).toEqual([[1, 5, 3, "ch7#3", ""]]);
});

test("small channels count towards the bound of a device", () => {
  const { registry } = setUp();
  registry.admitAll(1, 1, Uint16Array.of(0), 1);
  const table = registry.tableOf(1, 1);
  for (let channel = 1; channel < 1024; channel++) expect(registry.admit(1, table, channel)).toBe(true);
  expect(registry.admit(1, table, 1024)).toBe(false);
});

test("a fleet that restarts again and again has all its channels, and each name its number, however small the bound is", () => {
  const { registry } = setUp(100);
  const devices = Array.from({ length: 25 }, (_, device) => device);
  for (let epoch = 0; epoch < 30; epoch++) {
    for (const device of devices) {
      const numbers = ["a", "b", "c", "d"].map((name) =>
        registry.numberOf(device, registry.tableOf(device, epoch), name),
      );
      expect(numbers).toEqual([32_768, 32_769, 32_770, 32_771]);
    }
  }
  // those of no older epoch are left to make room
  expect(registry.numberOf(0, registry.tableOf(0, 29), "e")).toBe(-1);
});

test("what others know of older epochs makes room for a new device", () => {
  const { registry } = setUp(100);
  for (let epoch = 0; epoch < 8; epoch++)
    for (const device of [1, 2, 3])
      for (const channel of [1, 2, 3, 4])
        expect(registry.describe(device, registry.tableOf(device, epoch), channel, `n${channel}`, "")).toBe(
          true,
        );
  // 96 by now; 12 of them are those of the latest epochs
  const describe = (device: number, count: number) =>
    Array.from({ length: count }, (_, channel) =>
      registry.describe(device, registry.tableOf(device, 1), channel, `n${channel}`, ""),
    ).filter(Boolean).length;
  expect([describe(4, 80), describe(5, 20)]).toEqual([80, 8]);
  registry.forget(4);
  expect(describe(6, 100)).toBe(80);
});

test("a start takes over no more than there is room for, and devices restart and come after it", () => {
  const { registry } = setUp(100);
  for (const device of [1, 2, 3, 4]) {
    const channels = Array.from({ length: 64 }, (_, at) => ({
      epoch: at >> 3,
      channel: at & 7,
      name: `n${at & 7}`,
      unit: "",
    }));
    registry.restore({ device, channels });
  }
  const describe = (device: number, epoch: number) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((channel) =>
      registry.describe(device, registry.tableOf(device, epoch), channel, `n${channel}`, ""),
    );
  for (const device of [1, 2, 3, 4, 5]) expect(describe(device, 9)).not.toContain(false);
});

test("a number that stood for a forgotten name of an epoch never becomes that of another name", () => {
  const { registry, announced } = setUp(4);
  const say = (epoch: number, ...names: string[]): void => {
    const table = registry.tableOf(1, epoch);
    for (const name of names) registry.numberOf(1, table, name);
  };
  say(1, "t");
  say(2, "t", "x");
  // what comes late of epoch 1 has a channel that epoch 2 knows nothing of, and then, with that forgotten, one it knows
  say(1, "z");
  say(2, "y", "w");
  say(1, "x");
  const named = announced.filter(([, epoch]) => epoch === 1).map(([, , channel, name]) => [channel, name]);
  expect(named).toEqual([
    [32_768, "t"],
    [32_770, "z"],
    [32_769, "x"],
  ]);
});
