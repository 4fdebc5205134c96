import { collectorNow } from "../data/clock.ts";
import { devicePath, query } from "../data/fetch-json.ts";
import type { ReadingList } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";
import { parseMs, shortTime } from "../format/times.ts";

export interface NewestReadingProps {
  device: string;
  channel: string;
  onShow: (ms: number) => void;
}

/** Where there is none in sight: when the newest was, since the device is silent or has another clock, and the way there. */
export const NewestReading = ({ device, channel, onShow }: NewestReadingProps) => {
  const path = `${devicePath(device)}/readings${query({ channel, order: "desc", limit: 1 })}`;
  const newest = usePoll<ReadingList>(path, 5000).data?.readings[0];
  if (newest === undefined) return null;
  const ms = parseMs(newest.time);
  return (
    <>
      , the newest is of{" "}
      <button type="button" class="link" onClick={() => onShow(ms)} title="Look at it">
        {shortTime(ms, collectorNow())}
      </button>
    </>
  );
};
