import { writeFileSync } from "node:fs";
import { configFileText } from "../../common/config-file.ts";
import { codeOf, LacunaError, messageOf } from "../../common/errors.ts";
import { COLLECT_OPTIONS } from "../options/options.ts";
import { print } from "../terminal/output.ts";

const HEAD = `Configuration of \`lacuna collect\`, which reads lacuna.toml of its working directory, or the file that --config names.
Every option is here with its default: change what you need, remove what you do not. The environment and flags override this file.
\`lacuna check\` says whether it is right. Options of a listener's URL: \`lacuna collect --help\`.`;

/** The file that `lacuna init` writes. */
export const initialConfig = (): string => configFileText(COLLECT_OPTIONS, HEAD);

/** @throws LacunaError `ERR_INIT` when the file is there already or cannot be written */
export const init = async (file: string, { force = false }: { force?: boolean }): Promise<void> => {
  if (file === "-") return await print(initialConfig());
  try {
    writeFileSync(file, initialConfig(), { flag: force ? "w" : "wx" });
  } catch (error) {
    const why =
      codeOf(error) === "EEXIST"
        ? `${file} is there already; --force writes over it`
        : `${file} cannot be written: ${messageOf(error)}`;
    throw new LacunaError("ERR_INIT", why, { cause: error });
  }
  process.stderr.write(`${file} is written\n`);
};
