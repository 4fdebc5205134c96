import type { Status } from "../data/status-types.ts";
import { usePoll } from "../data/use-poll.ts";
import { listenerAddress } from "../format/listener-words.ts";
import { firstDatagram, heardWords } from "./first-words.ts";

/** While there is no device: where one could send to, what came there, and how to make one. */
export const FirstDevice = () => {
  const { data: status } = usePoll<Status>("status", 2000);
  const listeners = status?.listeners ?? [];
  const command = firstDatagram(listeners, location.hostname);
  return (
    <div class="empty first-device">
      <p>No device yet. A datagram to one of the listeners makes one.</p>
      <ul>
        {listeners.map((listener) => (
          <li key={listener.url}>
            <span class="mono">udp://{listenerAddress(listener)}</span> {heardWords(listener)}
          </li>
        ))}
      </ul>
      {command !== null && (
        <>
          <p>One line in a terminal is a sender:</p>
          <code class="first-command">{command}</code>
        </>
      )}
    </div>
  );
};
