import { isIPv4 } from "node:net";

/** Whether a host, name or address without brackets, is this machine only by its very text: `localhost`, 127.0.0.0/8 or ::1. */
export const isLoopbackHost = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
