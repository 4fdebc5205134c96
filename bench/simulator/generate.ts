import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Emission } from "../../simulator/fleet/emission.ts";
import { Encoder } from "../../simulator/fleet/encoder.ts";
import { Fleet } from "../../simulator/fleet/fleet.ts";
import {
  greatestDatagramBytes,
  resolveStart,
  type SimulatorSettings,
} from "../../simulator/options/settings.ts";
import { simulate } from "../../simulator/simulate.ts";
import { simulatorSettings } from "../../test/support/simulator-settings.ts";

/** Datagrams per second the simulator generates (impairments, truth and encoding, no socket) and sends over loopback. */

const IMPAIRED: Partial<SimulatorSettings> = {
  loss: 0.02,
  burstEnter: 0.01,
  duplicate: 0.01,
  reorder: 0.03,
  corrupt: 0.01,
  jitterMs: 5,
  restartsPerMinute: 1,
};
const COUNT = 500_000;

const generate = (name: string, given: Partial<SimulatorSettings>): void => {
  const settings = resolveStart(simulatorSettings(given), 1_795_176_000_000_000);
  const fleet = new Fleet(settings);
  const encoder = new Encoder(settings, fleet.schedule);
  const bytes = new Uint8Array(greatestDatagramBytes(settings));
  const view = new DataView(bytes.buffer);
  const emission = new Emission();
  let total = 0;
  const startMs = performance.now();
  for (let count = 0; count < COUNT && fleet.next(emission); count++) {
    total += encoder.encode(emission, bytes, view);
  }
  const seconds = (performance.now() - startMs) / 1000;
  const heapMib = process.memoryUsage().rss / 2 ** 20;
  console.log(
    `generate  ${name.padEnd(32)} ${Math.round(COUNT / seconds)} datagrams/s, ${Math.round(total / COUNT)} bytes each, rss ${heapMib.toFixed(0)} MiB`,
  );
};

const send = async (name: string, given: Partial<SimulatorSettings>): Promise<void> => {
  const sink = createSocket("udp4").bind(0, "127.0.0.1");
  await once(sink, "listening");
  const target = `udp://127.0.0.1:${sink.address().port}`;
  // nobody listens: what is measured is the sender
  sink.close();
  const { rateHz, sent } = await simulate(simulatorSettings({ target, durationMs: 3000, ...given }));
  console.log(`send      ${name.padEnd(32)} ${Math.round(rateHz)} datagrams/s, ${sent} in all`);
};

for (const devices of [1000, 100_000]) {
  generate(`${devices} devices`, { devices, rateHz: 10 });
  generate(`${devices} devices, impaired`, { devices, rateHz: 10, ...IMPAIRED });
}
generate("1000 devices, JSON", { devices: 1000, rateHz: 10, format: "json" });
for (const totalRateHz of [50_000, 100_000, 1_000_000]) {
  await send(`asked for ${totalRateHz}/s`, { devices: 1000, totalRateHz });
}
await send("100000 devices, 50000/s, impaired", { devices: 100_000, totalRateHz: 50_000, ...IMPAIRED });
