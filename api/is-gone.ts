import type { IncomingMessage } from "node:http";

/** Whether the client has closed the connection: a query of its that still waits is given up. */
export const isGone = ({ socket }: IncomingMessage): boolean => socket.destroyed;
