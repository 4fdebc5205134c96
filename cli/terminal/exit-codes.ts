/** What the process says with its exit status (docs/cli.md). 78 is EX_CONFIG of sysexits.h. */
export const EXIT = { OK: 0, FAILED: 1, USAGE: 2, CONFIGURATION: 78 } as const;
