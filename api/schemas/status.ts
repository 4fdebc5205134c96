import { FINDING_CODES, SEVERITIES } from "../findings/finding.ts";
import { LISTENER_STATES, RECEIVE_PATHS } from "../part-status.ts";
import { Count, MapOf, Nullable, named, RefTo, Time, Word } from "./common.ts";
import { Path } from "./paths.ts";
import { Type } from "./type.ts";

const Bytes = (description: string) => Type.Integer({ minimum: 0, description: `bytes: ${description}` });

export const Listener = named(
  Type.Object({
    url: Type.String(),
    state: Word(LISTENER_STATES, {
      description:
        "OK; UNAVAILABLE: should be up and is tried again; DISABLED by the operator; FAILED: will not come up without a change",
    }),
    reason: Nullable(Type.String({ description: "what it is bound to, or why it is not OK" })),
    since: Time("of this state"),
    optional: Type.Boolean({ description: "does not count for /readyz" }),
    address: Type.String(),
    port: Type.Integer(),
    ownSockets: Type.Array(Type.String(), {
      description:
        "addresses of this host that have a socket of their own beside the listener's: a device that sends to one of them is asked again from it, others from where the route to them begins; empty: there is but the listener's",
    }),
    group: Nullable(Type.String({ description: "multicast group" })),
    interface: Nullable(Type.String({ description: "joined on" })),
    memberships: Nullable(
      Type.Object(
        {
          used: Type.Integer({ minimum: 0 }),
          limit: Nullable(
            Type.Integer({ minimum: 0, description: "net.ipv4.igmp_max_memberships; null: it is not told" }),
          ),
        },
        { description: "groups its socket has joined; null: it has no group" },
      ),
    ),
    source: Nullable(Type.String({ description: "the one sender of a source-specific membership" })),
    format: Type.String(),
    recovery: Type.Boolean({
      description: "senders of the native format are asked again for what is missing",
    }),
    path: Nullable(Type.String()),
    receive: Word(RECEIVE_PATHS, { description: "how its socket is read" }),
    lastDatagramAt: Nullable(Time("of arrival of the newest datagram since the start")),
    lastRejected: Nullable(
      Type.Object(
        {
          at: Time("of its arrival"),
          source: Type.String({ description: "address and port it came from" }),
          reason: Type.String(),
        },
        {
          description:
            "the newest datagram since the start that was rejected for what was in it (not for crosstalk, device-limit, not-asked)",
        },
      ),
    ),
    receiveBuffer: Type.Object(
      {
        requestedBytes: Nullable(Bytes("asked for")),
        grantedBytes: Nullable(Bytes("granted, as read back")),
        ceilingBytes: Nullable(
          Bytes("the greatest the system grants without privileges; null: it does not say"),
        ),
        queuedBytes: Nullable(Bytes("waiting in it, of several in the fullest; null: cannot be read")),
        peakBytes: Bytes("the most that was found waiting in one; 0: nothing, or it cannot be read"),
        peakSeconds: Type.Number({ minimum: 0, description: "how much traffic that was" }),
      },
      { description: "of one socket: a listener with several has as much for each" },
    ),
    kernelDrops: Nullable(
      Type.Integer({
        minimum: 0,
        description: "datagrams the kernel dropped at its sockets, all together; null: cannot be read",
      }),
    ),
    counters: Type.Object(
      {
        datagrams: Count(
          "all that arrived: the sum of the others but bytes, unusableSendTimes, nack… and overloads",
        ),
        bytes: Count("of UDP payload"),
        received: Count("accepted numbers"),
        duplicates: Count("numbers already received"),
        redundant: Count("first copies by another path"),
        control: Count("HEARTBEAT, DESCRIBE, GONE"),
        unsequenced: Count("without a number"),
        shed: Count("refused for want of room"),
        held: Count("kept aside at this moment"),
        rejected: MapOf(Count("datagrams"), "by reason"),
        unusableSendTimes: Count(
          "datagrams whose send time was not believed; they count by what became of them",
        ),
        nacks: Count("requests for missing numbers that were sent"),
        nackBytes: Count("of UDP payload of these"),
        nackFailures: Count("requests the system refused to send"),
        overloads: Count(
          "times more came than one thread can read: what came then was dropped (kernelDrops) until what waited had been read",
        ),
      },
      { description: "since the start of the process" },
    ),
  }),
  "Listener",
);

const Thread = Type.Object({
  name: Type.String(),
  state: Word(["running", "stalled", "stopped", "failed"], {
    description: "stalled: it has said nothing for ten seconds",
  }),
  utilization: Nullable(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: "share of a processor it used in the last half second",
    }),
  ),
});

const Queue = Type.Object({
  name: Type.String(),
  length: Type.Integer({ minimum: 0 }),
  capacity: Type.Integer({ minimum: 0 }),
  refused: Count("what the bound refused since the start"),
});

const Delay = (share: string) =>
  Type.Number({ minimum: 0, description: `seconds: ${share} of them came within it, at most 9 % too long` });

const Reordering = Type.Object({
  windowSeconds: Type.Number({ minimum: 0, description: "the reorder window" }),
  count: Count("numbers that came after a greater one and had not been asked for, since the start"),
  delaySeconds: Type.Object(
    { p50: Delay("half"), p99: Delay("99 %"), p999: Delay("99.9 %"), max: Delay("all") },
    { description: "how long after their gap was opened they came" },
  ),
});

export const Finding = named(
  Type.Object({
    code: Word(FINDING_CODES),
    severity: Word(SEVERITIES, {
      description:
        "problem: data is lost or not received; advice: it may come to that, or a setting is worth a change; note: it is well as it is",
    }),
    sentence: Type.String({ description: "what was seen" }),
    fix: Nullable(
      Type.String({
        description: "what to do in one line, a setting or a command; null: nothing, or nothing here helps",
      }),
    ),
    listener: Nullable(Type.String({ description: "URL of the listener it is about; null: the collector" })),
  }),
  "Finding",
);

const Database = Type.Object({
  path: Type.String(),
  state: Word(["OK", "FAILING", "FAILED", "CLOSED"], {
    description:
      "FAILING: the last commit failed and is retried, or has not come back for 10 s; FAILED: nothing more is written until a restart",
  }),
  reason: Nullable(Type.String()),
  since: Time("of this state"),
  schemaVersion: Type.Integer(),
  sizeBytes: Bytes("of the database file"),
  walBytes: Bytes("of its write-ahead log"),
  lastCommit: Nullable(Time("end of the last transaction")),
  stalledReaders: Type.Integer({
    minimum: 0,
    description: "threads that have not come back from a query for ten seconds longer than it may take",
  }),
  commits: Count("transactions since the start"),
  commitFailures: Count("failed attempts since the start"),
  pendingBatches: Type.Integer({ minimum: 0, description: "accepted and not yet committed" }),
  segments: Type.Integer({ minimum: 0, description: "of readings in the database, merged or not" }),
  readingsStored: Count("readings in the database"),
  merges: Count("merges of segments into chunks since the start"),
  unmergedSegments: Type.Integer({ minimum: 0, description: "segments that may still be merged" }),
  unmergedReadings: Count("readings in them: the merge debt"),
  leftOutNames: Count("descriptions of channels that were not kept since the start, there being no room"),
  mergeError: Nullable(
    Type.String({
      description: "why the last merge failed, which is tried again; null after one that did not",
    }),
  ),
  damage: Nullable(
    Type.String({
      description: "what of the database start, merging and retention could not read, and went on without",
    }),
  ),
  flushedBytes: Bytes("put into segments by flushes since the start"),
  writtenBytes: Nullable(
    Bytes("written to the database and its log since the start; null where the system does not tell"),
  ),
  writeAmplification: Nullable(
    Type.Number({ minimum: 0, description: "writtenBytes / flushedBytes; null before the first flush" }),
  ),
});

export const Status = named(
  Type.Object(
    {
      version: Type.String(),
      now: Time("of the collector's wall clock"),
      startedAt: Time("when the process began"),
      uptimeSeconds: Type.Number({
        minimum: 0,
        description: "since then; steps of the wall clock are not in it",
      }),
      devices: Type.Integer({ minimum: 0, description: "devices known" }),
      listeners: Type.Array(RefTo(Listener)),
      paths: Type.Array(RefTo(Path), {
        description: "since the start of the process; empty while all listeners are one path",
      }),
      threads: Type.Array(Thread),
      queues: Type.Array(Queue),
      reordering: Reordering,
      findings: Type.Array(RefTo(Finding), {
        description: "what the evidence since the start says, most urgent first",
      }),
      database: Database,
    },
    { description: "the collector's account of itself" },
  ),
  "Status",
);
