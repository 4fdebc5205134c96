import { readFileSync } from "node:fs";
import { codeOf } from "../../common/errors.ts";
import { formatSizeBytes } from "../../common/size.ts";

const CEILING_FILE = "/proc/sys/net/core/rmem_max";

/** The receive buffer of one socket, in bytes of payload and bookkeeping as `SO_RCVBUF` takes them. */
export interface ReceiveBuffer {
  requestedBytes: number;
  grantedBytes: number;
  /** the greatest the system grants without privileges; null where it does not say */
  ceilingBytes: number | null;
}

interface BufferSocket {
  setRecvBufferSize(bytes: number): void;
  getRecvBufferSize(): number;
}

/**
 * Ask for a receive buffer and read back what was granted. Linux reports twice the payload (socket(7), SO_RCVBUF), so it is halved there.
 * Where the system refuses instead of clamping, the old buffer stays.
 */
export const requestReceiveBuffer = (socket: BufferSocket, requestedBytes: number): ReceiveBuffer => {
  try {
    socket.setRecvBufferSize(requestedBytes);
  } catch (error) {
    // macOS refuses above kern.ipc.maxsockbuf; what is granted below says so
    if (codeOf(error) !== "ERR_SOCKET_BUFFER_SIZE") throw error;
  }
  const reportedBytes = socket.getRecvBufferSize();
  return {
    requestedBytes,
    grantedBytes: process.platform === "linux" ? reportedBytes / 2 : reportedBytes,
    ceilingBytes: readCeilingBytes(),
  };
};

const readCeilingBytes = (): number | null => {
  try {
    return Number(readFileSync(CEILING_FILE, "utf8"));
  } catch {
    return null;
  }
};

/** What to tell the operator when less was granted than asked for, with the one line that fixes it; null when all was granted. */
export const receiveBufferWarning = (buffer: ReceiveBuffer): string | null => {
  const { requestedBytes, grantedBytes, ceilingBytes } = buffer;
  if (grantedBytes >= requestedBytes) return null;
  const granted = `receive buffer: asked for ${formatSizeBytes(requestedBytes)}, the system granted ${formatSizeBytes(grantedBytes)}`;
  return ceilingBytes === null
    ? `${granted}; bursts beyond it are dropped by the kernel`
    : `${granted} (ceiling net.core.rmem_max=${ceilingBytes}); bursts beyond it are dropped by the kernel; to fix: sysctl -w net.core.rmem_max=${requestedBytes}`;
};
