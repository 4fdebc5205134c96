import { isLoopbackHost } from "../../common/addresses.ts";
import type { SettingsOf } from "../../common/config.ts";
import { accepting, durationOption, integerOption, optional, textOption } from "../../common/options.ts";
import { numberOption } from "../../simulator/options/option-kinds.ts";
import { parseHttpAddress } from "../options/http-address.ts";
import { refusedByBrowsers } from "../service/http-server.ts";

/** Beyond loopback the API takes a token, and a demo has none. */
const HTTP_ACCEPTED = "HOST:PORT on loopback, such as 127.0.0.1:8047 or [::1]:8047";

/** Options of `lacuna demo`; everything else is as good a demonstration as we know. */
export const DEMO_OPTIONS = {
  devices: integerOption({ key: "devices", doc: "simulated devices", default: 50, min: 1, max: 100_000 }),
  rateHz: numberOption({
    key: "rate",
    doc: "datagrams per second of each device",
    default: 10,
    min: 0.1,
    max: 1000,
  }),
  durationMs: optional(
    durationOption({
      key: "duration",
      doc: "ends by itself after this time",
      default: "1m",
      min: "1s",
      max: "1d",
    }),
  ),
  seed: integerOption({
    key: "seed",
    doc: "seed of values and faults",
    default: 1,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  // passed on as text: the collector's own option reads it
  http: textOption({
    key: "http",
    doc: "where the HTTP API listens; port 0 = any free one",
    default: "127.0.0.1:8047",
    placeholder: "host:port",
    accepted: HTTP_ACCEPTED,
    parse: (text) => {
      const parsed = parseHttpAddress(text);
      if (!("value" in parsed && isLoopbackHost(parsed.value.host))) return accepting(HTTP_ACCEPTED);
      // the page is what a demo is for, and its audit asks the API
      const mistake = refusedByBrowsers(parsed.value);
      return mistake === null ? { value: text } : { mistake };
    },
  }),
};
export type DemoSettings = SettingsOf<typeof DEMO_OPTIONS>;
