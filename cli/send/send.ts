import type { Command } from "commander";
import { MAX_EPOCH, MAX_SEQUENCE } from "../../protocol/constants.ts";
import { type GivenReading, oneMoreReading, targetUrl, wholeNumber } from "../options/flag-parsers.ts";
import type { SendFlags } from "./run-send.ts";

export const registerSend = (program: Command): void => {
  program
    .command("send")
    .description("send one datagram by hand and print it")
    .argument("[readings...]", "NAME=NUMBER; with --native CHANNEL=NUMBER", oneMoreReading)
    .requiredOption("--device <id>", "device id, 1 to 64 bytes of UTF-8")
    .option(
      "--to <url>",
      "where to: udp://HOST:PORT?interface=&source=&ttl=&loop=",
      targetUrl,
      "udp://127.0.0.1:4747",
    )
    .option(
      "--epoch <number>",
      `epoch of the device (0 to ${MAX_EPOCH}); JSON leaves it out when not given, --native says 0`,
      wholeNumber(MAX_EPOCH),
    )
    .option(
      "--seq <number>",
      "sequence number; for a heartbeat the number the next DATA will carry; JSON without it is unsequenced, --native says 0",
      wholeNumber(MAX_SEQUENCE),
    )
    .option("--native", "the binary format instead of JSON")
    .option("--heartbeat", "a heartbeat instead of readings")
    .action(async (readings: GivenReading[] = [], flags: SendFlags) => {
      const { send } = await import("./run-send.ts");
      await send(readings, flags);
    });
};
