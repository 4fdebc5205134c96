import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeSockaddr,
  SourceAddresses,
  sockaddrAddress,
  sockaddrPort,
} from "../../../collector/receive/sockaddr.ts";

const zoneOf = (scope: number): string => `eth${scope}`;
const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

test("an IPv4 socket address lies as struct sockaddr_in", () => {
  expect(encodeSockaddr(4, "192.0.2.1", 4747, 0).toString("hex")).toBe("0200128bc00002010000000000000000");
});

test("an IPv6 socket address lies as struct sockaddr_in6", () => {
  expect(encodeSockaddr(6, "fe80::1", 4747, 3).toString("hex")).toBe(
    "0a00128b00000000fe80000000000000000000000000000103000000",
  );
});

test.each([
  ["fe80::1", 3, "fe80::1%eth3"],
  ["febf::1", 3, "febf::1%eth3"],
  ["fe80::1", 0, "fe80::1"],
  ["fec0::1", 3, "fec0::1"],
  ["fe7f::1", 3, "fe7f::1"],
  ["2001:db8::1", 3, "2001:db8::1"],
])("%s that came by interface %i is told as %s", (address, scope, text) => {
  expect(sockaddrAddress(6, viewOf(encodeSockaddr(6, address, 1, scope)), 0, zoneOf)).toBe(text);
});

test("the cache tells the same address on two interfaces apart, and knows the one of zeros", () => {
  const addresses = new SourceAddresses(zoneOf);
  const text = (address: string, scope: number) =>
    addresses.text(6, viewOf(encodeSockaddr(6, address, 1, scope)), 0);
  expect([text("fe80::1", 3), text("fe80::1", 4), text("fe80::1", 3), text("::", 0)]).toEqual([
    "fe80::1%eth3",
    "fe80::1%eth4",
    "fe80::1%eth3",
    "::",
  ]);
});

test("what was encoded is decoded again, also by the cache, wherever it lies", () => {
  const addresses = { 4: new SourceAddresses(zoneOf), 6: new SourceAddresses(zoneOf) };
  const source = fc.oneof(
    fc.record({ family: fc.constant(4 as const), address: fc.ipV4() }),
    fc.record({ family: fc.constant(6 as const), address: fc.ipV6().filter((text) => !text.includes(".")) }),
  );
  fc.assert(
    fc.property(fc.array(source, { minLength: 1 }), fc.nat(65_535), fc.nat(32), (sources, port, at) => {
      for (const { family, address } of [...sources, ...sources]) {
        const encoded = encodeSockaddr(family, address, port, 0);
        const view = viewOf(Buffer.concat([Buffer.alloc(at), encoded]));
        const canonical = family === 4 ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);
        expect(sockaddrPort(view, at)).toBe(port);
        expect(addresses[family].text(family, view, at)).toBe(canonical);
      }
    }),
    { numRuns: 100 },
  );
});

test("more sources than the cache holds are all told apart", () => {
  const addresses = new SourceAddresses(zoneOf);
  const bytes = encodeSockaddr(4, "10.0.0.0", 1, 0);
  const view = viewOf(bytes);
  for (let number = 0; number < 40_000; number++) {
    bytes.writeUInt16BE(number, 6);
    expect(addresses.text(4, view, 0)).toBe(`10.0.${number >> 8}.${number & 0xff}`);
  }
});
