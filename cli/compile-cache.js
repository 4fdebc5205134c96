// Compiled code is kept between runs: most of the time a command takes to start is compiling. In the package's own folder, where nobody
// else can write; where we cannot either, starting takes longer and nothing else happens.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// the variable is what worker threads go by; an empty one would be the working directory
process.env.NODE_COMPILE_CACHE ||= fileURLToPath(new URL("../node_modules/.cache/lacuna", import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);
