import { eventually, getJson } from "./lacuna-process.ts";

interface Status {
  queues: { length: number }[];
}

/** Resolves when next to nothing waits in a collector: what devices say last, at their end, is not shed then and heard. */
export const caughtUp = async (api: string): Promise<void> => {
  await eventually(
    () => getJson<Status>(`${api}/api/v1/status`),
    ({ queues }) => queues.every(({ length }) => length <= 2),
  );
};
