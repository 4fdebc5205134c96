import { SIMULATOR_OPTIONS } from "../../simulator/options/options.ts";
import type { SimulatorSettings } from "../../simulator/options/settings.ts";

/** Defaults, with some settings given by property name. */
export const simulatorSettings = (given: Partial<SimulatorSettings> = {}): SimulatorSettings => {
  const defaults = Object.entries(SIMULATOR_OPTIONS).map(([property, option]) => [property, option.default]);
  return { ...(Object.fromEntries(defaults) as SimulatorSettings), ...given };
};
