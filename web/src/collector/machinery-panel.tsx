import type { Status } from "../data/status-types.ts";
import { count } from "../format/numbers.ts";
import { Panel } from "../parts/panel.tsx";
import { Meter } from "./meter.tsx";

/** Threads and the queues between them. */
export const MachineryPanel = ({ threads, queues }: Pick<Status, "threads" | "queues">) => (
  <Panel title="Threads and queues">
    <ul class="machinery">
      {threads.map(({ name, state, utilization }) => (
        <li key={name}>
          <span>
            {name} <span class="note">thread, {state}</span>
          </span>
          {utilization !== null && <Meter share={utilization} label={`${name} is busy`} />}
          <span class="num">{utilization === null ? "–" : `${Math.round(utilization * 100)} % busy`}</span>
        </li>
      ))}
      {queues.map(({ name, length, capacity, refused }) => (
        <li key={name}>
          <span>
            {name} <span class="note">queue</span>
          </span>
          <Meter share={capacity === 0 ? 0 : length / capacity} label={`${name} is full`} />
          <span class="num">
            {count(length)} of {count(capacity)}
            {refused > 0 && <span class="bad"> {count(refused)} refused</span>}
          </span>
        </li>
      ))}
    </ul>
  </Panel>
);
