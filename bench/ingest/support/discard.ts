import { once } from "node:events";
import { KernelDrops } from "../../../collector/listener/kernel-drops.ts";
import { Listener } from "../../../collector/listener/listener.ts";
import { parseListenerUrl } from "../../../collector/listener/listener-url.ts";
import { DgramReceiver } from "../../../collector/receive/dgram-receiver.ts";
import { NativeReceiver } from "../../../collector/receive/native-receiver.ts";
import { loadNativeSockets } from "../../../collector/receive/native-socket.ts";
import type { DatagramHandler } from "../../../collector/receive/receiver.ts";
import { systemClock } from "../../../common/clock.ts";

/**
 * The discard receiver, a process of its own: reads its socket exactly as the collector does and only counts. What a datagram costs here
 * is what it costs to receive it at all. `node discard.ts native|dgram`; says its port as a line of JSON, and what it counted at the end of its input.
 */
const PROBE_MS = 20;

const [choice = "native"] = process.argv.slice(2);
let [datagrams, bytes] = [0, 0];
const count: DatagramHandler = (_listener, _bytes, _view, _offset, length) => {
  datagrams++;
  bytes += length;
};

const loaded = choice === "dgram" ? null : await loadNativeSockets();
if (loaded !== null && "missing" in loaded) {
  console.error(`the discard receiver cannot read as asked: ${loaded.missing}`);
  process.exit(1);
}
const receiver =
  loaded === null
    ? new DgramReceiver(systemClock, count)
    : new NativeReceiver({ clock: systemClock, handle: count, sockets: loaded });
const kernelDrops = new KernelDrops();
const listener = new Listener(0, parseListenerUrl("udp://127.0.0.1:0").listener!, {
  clock: systemClock,
  receiver,
  sockets: loaded,
  kernelDrops,
  onChange: () => undefined,
});
const error = await listener.start();
if (error !== null) throw error;
const prober = setInterval(() => receiver.probe(), PROBE_MS);
console.log(JSON.stringify({ port: listener.status().port }));

await once(process.stdin.resume(), "end");
await receiver.drain();
clearInterval(prober);
kernelDrops.refresh();
console.log(JSON.stringify({ datagrams, bytes, kernelDrops: listener.status().kernelDrops }));
listener.stop();
