import { expect, test } from "vitest";
import { receiveBufferWarning, requestReceiveBuffer } from "../../../collector/listener/receive-buffer.ts";

test("nothing is said when all was granted", () => {
  expect(receiveBufferWarning({ requestedBytes: 8, grantedBytes: 8, ceilingBytes: 8 })).toBeNull();
});

test("a smaller buffer is told with the line that fixes it", () => {
  const buffer = { requestedBytes: 8_388_608, grantedBytes: 212_992, ceilingBytes: 212_992 };
  expect(receiveBufferWarning(buffer)).toBe(
    "receive buffer: asked for 8MiB, the system granted 208KiB (ceiling net.core.rmem_max=212992); bursts beyond it are dropped by the kernel; to fix: sysctl -w net.core.rmem_max=8388608",
  );
});

test("where the system refuses instead of clamping, the old buffer is read back", () => {
  const refusal = Object.assign(new Error("too large"), { code: "ERR_SOCKET_BUFFER_SIZE" });
  const socket = {
    setRecvBufferSize: () => {
      throw refusal;
    },
    getRecvBufferSize: () => 1000,
  };
  expect(requestReceiveBuffer(socket, 9000).requestedBytes).toBe(9000);
  expect(requestReceiveBuffer(socket, 9000).grantedBytes).toBeLessThanOrEqual(1000);
});
