import { collectorNow } from "../data/clock.ts";
import type { EventList } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";
import { fullTime, parseMs, shortTime } from "../format/times.ts";
import { Panel } from "../parts/panel.tsx";
import { deviceHref } from "../routing.ts";
import { eventSentence } from "./event-sentence.ts";

/** A line is not broken between a number and its unit. */
const keptTogether = (sentence: string): string =>
  sentence.replaceAll(/(?<=\d) (?=(ms|s|min|h|d)\b)/g, "\u00a0");

/** What happened lately: restarts, sources, starts and stops. */
export const EventsPanel = () => {
  const { data } = usePoll<EventList>("events?limit=100", 2000);
  return (
    <Panel title="Events" class="events">
      {data?.events.length === 0 && <p class="empty">Nothing has happened yet.</p>}
      <ol tabIndex={0} aria-label="Events, newest first">
        {data?.events.map((item) => (
          <li key={item.event}>
            <time dateTime={item.time} title={fullTime(parseMs(item.time))}>
              {shortTime(parseMs(item.time), collectorNow())}
            </time>
            <span>
              {item.device !== null && (
                <>
                  <a href={deviceHref(item.device)}>
                    {/* some turn the direction of letters around, and must not do so with the sentence */}
                    <bdi>{item.device}</bdi>
                  </a>{" "}
                </>
              )}
              {keptTogether(eventSentence(item))}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
};
