import { afterEach, expect, test, vi } from "vitest";
import { chooseSockets } from "../../../collector/receive/choose-sockets.ts";
import { createLogger } from "../../../common/logger.ts";
import { nativeSockets } from "../../support/receive-paths.ts";

const logger = createLogger("fatal");
const withoutKoffi = (): void => {
  vi.doMock("koffi", () => {
    throw new Error("not installed");
  });
};
afterEach(() => void vi.doUnmock("koffi"));

test("dgram is dgram, whatever is installed", async () => {
  expect(await chooseSockets("dgram", logger)).toBeNull();
});

test.skipIf(nativeSockets === null)("auto is the native path where it can be had", async () => {
  expect(await chooseSockets("auto", logger)).not.toBeNull();
});

test("auto is dgram without koffi", async () => {
  withoutKoffi();
  expect(await chooseSockets("auto", logger)).toBeNull();
});

test("auto is dgram where the structures of system calls are laid out in another way", async () => {
  const koffi = { struct: () => ({}), sizeof: () => 56, offsetof: () => 0 };
  vi.doMock("koffi", () => ({ default: koffi }));
  expect(await chooseSockets("auto", logger)).toBeNull();
  await expect(chooseSockets("native", logger)).rejects.toThrow(
    "struct iovec is laid out in another way here",
  );
});

test("native asked for by name is an error without koffi", async () => {
  withoutKoffi();
  await expect(chooseSockets("native", logger)).rejects.toMatchObject({
    code: "ERR_RECEIVE_NATIVE",
    message: expect.stringMatching(/^receive=native cannot be had: /),
  });
});
