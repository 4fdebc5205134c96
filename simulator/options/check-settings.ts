import { flagOf } from "../../common/config.ts";
import { ConfigurationError, type ConfigurationMistake } from "../../common/errors.ts";
import { MAX_DATAGRAM_BYTES, MAX_ID_BYTES } from "../../protocol/constants.ts";
import { isCleanText } from "../../protocol/text.ts";
import { GREATEST_DEVICE_HZ } from "./options.ts";
import { greatestDatagramBytes, type SimulatorSettings, totalRateHz } from "./settings.ts";

/** numbers an epochless numbering may run back (R7: min(100, …)), with a margin for control datagrams that run ahead */
const NULL_EPOCH_BACKWARD = 90;
const ID_NUMBER_BYTES = 8;

/**
 * What single options cannot know: combinations that make a fleet nobody could account for.
 * @throws ConfigurationError with all of them
 */
export const checkSettings = (settings: SimulatorSettings): void => {
  const mistakes: ConfigurationMistake[] = [];
  const mistake = (key: string, value: unknown, sentence: string): void => {
    mistakes.push({ key, origin: flagOf(key), value, sentence });
  };
  const perDeviceHz = totalRateHz(settings) / settings.devices;
  const isEpochless = settings.format === "json" && !settings.jsonEpoch;
  if (perDeviceHz > GREATEST_DEVICE_HZ) {
    mistake("totalRate", settings.totalRateHz, `at most ${GREATEST_DEVICE_HZ} per device`);
  }
  if (isEpochless && settings.restartsPerMinute > 0 && !settings.jsonTime) {
    mistake("restarts", settings.restartsPerMinute, "restarts need an epoch or a send time to be told by");
  }
  if (isEpochless && (settings.jitterMs / 1000) * perDeviceHz > NULL_EPOCH_BACKWARD) {
    mistake("jitter", settings.jitterMs, `without an epoch at most ${NULL_EPOCH_BACKWARD} numbers' worth`);
  }
  if (Buffer.byteLength(settings.idPrefix) + ID_NUMBER_BYTES > MAX_ID_BYTES) {
    mistake("idPrefix", settings.idPrefix, `at most ${MAX_ID_BYTES - ID_NUMBER_BYTES} bytes`);
  }
  if (!isCleanText(settings.idPrefix)) mistake("idPrefix", settings.idPrefix, "no control characters");
  if (greatestDatagramBytes(settings) > MAX_DATAGRAM_BYTES) {
    mistake("channels", settings.channels, "what fits into one datagram");
  }
  if (mistakes.length > 0) throw new ConfigurationError(mistakes);
};
