import type { Status } from "../data/status-types.ts";
import { bytes, count } from "../format/numbers.ts";
import { ago, parseMs } from "../format/times.ts";
import { Fact } from "../parts/fact.tsx";
import { Panel } from "../parts/panel.tsx";
import type { Rates } from "./rates.ts";

export interface DatabasePanelProps {
  database: Status["database"];
  rates: Rates | undefined;
  nowMs: number;
}

export const DatabasePanel = ({ database, rates, nowMs }: DatabasePanelProps) => (
  <Panel title="Database" aside={<span class="mono">{database.path}</span>}>
    <dl class="facts">
      <Fact name="State">
        <span class="state" data-state={database.state}>
          {database.state}
        </span>
      </Fact>
      <Fact name="Size">{bytes(database.sizeBytes)}</Fact>
      <Fact name="Write-ahead log">{bytes(database.walBytes)}</Fact>
      <Fact name="Readings">{count(database.readingsStored)}</Fact>
      <Fact name="Commits">
        {count(database.commits)}
        <span class="note"> {rates === undefined ? "" : `${rates.commits.toFixed(1)}/s`}</span>
      </Fact>
      <Fact name="Failed commits">{count(database.commitFailures)}</Fact>
      <Fact name="Last commit">
        {database.lastCommit === null ? "–" : ago(Math.max(0, nowMs - parseMs(database.lastCommit)) / 1000)}
      </Fact>
      <Fact name="Batches waiting">{count(database.pendingBatches)}</Fact>
    </dl>
  </Panel>
);
