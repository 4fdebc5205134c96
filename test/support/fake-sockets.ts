import type { Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import {
  BATCH_DATAGRAMS,
  type DatagramBatch,
  type NativeSocket,
  type NativeSockets,
} from "../../collector/receive/native-socket.ts";
import { SystemCallError } from "../../collector/receive/system-calls.ts";

/** what the kernel charges for a datagram here */
const CHARGE_BYTES = 1024;

/** A socket whose kernel is played: datagrams are numbers, and a test sees what waits. */
export class FakeSocket extends EventEmitter {
  readonly family = 4;
  readonly waiting: number[] = [];
  readonly bufferBytes: number;
  kernelDrops = 0;
  isShut = false;
  isBroken = false;
  isReleased = false;
  reads = 0;
  /** what waited each time it was opened again */
  readonly reopenings: number[] = [];
  /** comes in while the socket is read */
  onRead = (): void => {};

  /** @param room - datagrams it holds */
  constructor(room = 20_000) {
    super();
    this.bufferBytes = room * CHARGE_BYTES;
  }

  get socket(): Socket {
    return this as unknown as Socket;
  }

  get native(): NativeSocket {
    return this as unknown as NativeSocket;
  }

  /** A datagram arrives. */
  arrive(number: number): void {
    if (this.isShut || this.queuedBytes >= this.bufferBytes) this.kernelDrops++;
    else this.waiting.push(number);
  }

  /** libuv reads a datagram. */
  wake(): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.waiting.shift()!);
    this.emit("message", bytes, { address: "192.0.2.1", port: 4747 });
  }

  get queuedBytes(): number {
    return this.waiting.length * CHARGE_BYTES;
  }

  getRecvBufferSize(): number {
    return this.bufferBytes;
  }

  readMemory(): boolean {
    return !this.isReleased;
  }

  shut(): boolean {
    this.isShut = true;
    return true;
  }

  reopen(): void {
    if (this.isBroken) throw new SystemCallError("setsockopt", 9);
    this.isShut = false;
    this.reopenings.push(this.waiting.length);
  }

  release(): void {
    this.isReleased = true;
  }
}

class FakeBatch {
  readonly bytes = new Uint8Array(4 * BATCH_DATAGRAMS);
  readonly view = new DataView(this.bytes.buffer);

  read(native: NativeSocket): number {
    const socket = native as unknown as FakeSocket;
    if (socket.isBroken || socket.isReleased) throw new SystemCallError("recvmmsg", 9);
    socket.reads++;
    const taken = socket.waiting.splice(0, BATCH_DATAGRAMS);
    for (const [index, number] of taken.entries()) this.view.setUint32(4 * index, number);
    socket.onRead();
    return taken.length;
  }

  offsetOf(index: number): number {
    return 4 * index;
  }

  lengthOf(): number {
    return 4;
  }

  addressOf(): string {
    return "192.0.2.1";
  }

  portOf(): number {
    return 4747;
  }
}

export const fakeSockets = {
  createBatch: () => new FakeBatch() as unknown as DatagramBatch,
} as unknown as NativeSockets;
