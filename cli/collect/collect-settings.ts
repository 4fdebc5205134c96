import { type Across, loadSettings } from "../../common/config.ts";
import { COLLECT_OPTIONS, type CollectSettings } from "../options/options.ts";
import { tlsMistakes } from "../options/tls-files.ts";
import { exposureMistakes } from "../service/http-server.ts";

const ACROSS: readonly Across<typeof COLLECT_OPTIONS>[] = [
  { properties: ["http", "tokens"], mistakesOf: exposureMistakes },
  { properties: ["tlsCertPath", "tlsKeyPath"], mistakesOf: tlsMistakes },
];

/**
 * Settings of the collector: its options, each by itself and what they are together.
 * @param flags - raw values by option key, as the command line gave them
 * @throws ConfigurationError with all mistakes at once
 */
export const loadCollectSettings = (
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): CollectSettings => loadSettings(COLLECT_OPTIONS, flags, env, ACROSS);
