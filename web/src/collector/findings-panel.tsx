import type { Finding, Status } from "../data/status-types.ts";
import { plural } from "../format/numbers.ts";
import { Panel } from "../parts/panel.tsx";

const WORDS: Record<Finding["severity"], string> = { problem: "Problem", advice: "Advice", note: "Note" };

const Item = ({ severity, sentence, fix, listener }: Finding) => (
  <li data-severity={severity}>
    <b class="finding-severity">{WORDS[severity]}</b>{" "}
    {listener !== null && <span class="mono">{listener}: </span>}
    {sentence}
    {fix !== null && <code class="finding-fix">{fix}</code>}
  </li>
);

/** What somebody should do, most urgent first, and what was seen that speaks for leaving a setting as it is. */
export const FindingsPanel = ({ findings }: Pick<Status, "findings">) => {
  const open = findings.filter(({ severity }) => severity !== "note").length;
  return (
    <Panel title="Findings" aside={open === 0 ? "" : plural(open, "thing to do", "things to do")}>
      {open === 0 && (
        <p class="panel-body">
          Nothing to do: every listener is up, no drop, no queue was full, the database commits.
        </p>
      )}
      {findings.length > 0 && (
        <ul class="panel-body findings">
          {findings.map((finding) => (
            <Item key={`${finding.code} ${finding.listener} ${finding.sentence}`} {...finding} />
          ))}
        </ul>
      )}
    </Panel>
  );
};
