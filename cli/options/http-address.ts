import { accepting, type Parsed } from "../../common/options.ts";

/** Where the HTTP server listens. */
export interface HttpAddress {
  /** name or address, without brackets */
  host: string;
  /** 0 asks for any free port */
  port: number;
}

export const HTTP_ADDRESS_ACCEPTED = "HOST:PORT, such as 127.0.0.1:8047, [::1]:8047 or 0.0.0.0:80";
const SHAPE = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/;

/** Read `HOST:PORT`; an IPv6 address stands in brackets. */
export const parseHttpAddress = (text: string): Parsed<HttpAddress> => {
  const [, address, name, port] = SHAPE.exec(text) ?? [];
  const host = address ?? name;
  if (host === undefined || Number(port) > 65_535) return accepting(HTTP_ADDRESS_ACCEPTED);
  return { value: { host, port: Number(port) } };
};

/** The same as people and URLs write it. */
export const httpAddressText = ({ host, port }: HttpAddress): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;
