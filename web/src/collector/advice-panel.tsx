import type { Status } from "../data/status-types.ts";
import { count } from "../format/numbers.ts";
import { Panel } from "../parts/panel.tsx";
import { adviceOf } from "./advice.ts";

/** What somebody should do, and what was seen that speaks for leaving a setting as it is. */
export const AdvicePanel = ({ status }: { status: Status }) => {
  const sentences = adviceOf(status);
  const open = sentences.filter(({ isToDo }) => isToDo).length;
  return (
    <Panel title="Advice" aside={open === 0 ? "" : count(open)}>
      {open === 0 && (
        <p class="panel-body">
          Nothing to do: every listener is up, no drop, no queue was full, the database commits.
        </p>
      )}
      {sentences.length > 0 && (
        <ul class="panel-body advice">
          {sentences.map(({ text, setting, listener, isToDo }) => (
            <li key={`${listener} ${text}`} class={isToDo ? "to-do" : ""}>
              {text}
              {listener !== null && <span class="note mono"> {listener}</span>}
              {setting !== null && <code class="advice-setting">{setting}</code>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
};
