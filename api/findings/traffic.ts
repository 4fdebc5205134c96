import { formatSizeBytes, sizeInWords } from "../../common/size.ts";
import { formatTime } from "../../protocol/time.ts";
import type { ListenerStatus } from "../part-status.ts";
import { count, datagrams, type Finding, percent } from "./finding.ts";

/** a peak below this share of the buffer says nothing */
const WORTH_TELLING = 0.01;
/** a peak above this share of the buffer is too near to its end */
const NEAR_FULL = 0.5;
/** room for so many times the peak */
const HEADROOM = 4;
const MOST_BUFFER_BYTES = 2 ** 30;
/** of the socket when neither what was asked for nor what was granted is known */
const USUAL_BUFFER_BYTES = 2 ** 23;
/** no buffer is large enough for an overload that lasts */
const MORE_WORKERS = "a greater workers setting, as far as there are processors for the threads";
/** of the requests: below it a network came and went */
const UNSENT_SHARE = 0.1;
const UNUSABLE_SHARE = 0.01;
/** of what came: less is what networks damage and scanners send */
const REJECTED_SHARE = 0.01;
/** findings of their own, and what devices answer to another collector of their group */
const TOLD_APART: ReadonlySet<string> = new Set(["crosstalk", "device-limit", "not-asked"]);
const LEAST_DATAGRAMS = 1000;

const milliseconds = (ms: number): string =>
  ms < 10 ? `${Math.round(ms * 10) / 10} ms` : `${Math.round(ms)} ms`;

const powerOf2 = (bytes: number): number => Math.min(MOST_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(bytes)));

/** Set in the URL, and where the system would not grant it, there too. */
const bufferFix = (bytes: number, ceilingBytes: number | null): string => {
  const inUrl = `receiveBuffer=${formatSizeBytes(bytes)} in the listener's URL`;
  return ceilingBytes !== null && bytes > ceilingBytes
    ? `${inUrl} and sysctl -w net.core.rmem_max=${bytes}`
    : inUrl;
};

/** Why the kernel dropped datagrams, as far as that was seen, and what helps. */
const dropsExplained = (listener: ListenerStatus): { why: string; fix: string } => {
  const { receiveBufferGrantedBytes: granted, receiveBufferCeilingBytes: ceiling } = listener;
  const { overloads } = listener.counters;
  if (overloads > 0) {
    const times = overloads === 1 ? "once" : `${count(overloads)} times`;
    return { why: `More came than one thread can read, ${times}`, fix: MORE_WORKERS };
  }
  const buffer = granted === null ? "The receive buffer" : `The receive buffer of ${sizeInWords(granted)}`;
  const bytes = powerOf2(
    Math.max(2 * (granted ?? USUAL_BUFFER_BYTES), listener.receiveBufferRequestedBytes ?? 0),
  );
  const larger = bufferFix(bytes, ceiling);
  if (granted !== null && listener.receiveQueuePeakBytes > NEAR_FULL * granted)
    return { why: `${buffer} was full`, fix: larger };
  // Linux counts both alike
  return {
    why: `${buffer} was full, unseen, or their UDP checksum was wrong`,
    fix: `nstat -az UdpInCsumErrors  # 0: ${larger}`,
  };
};

/** How full the socket's buffer was found, and what fell out of it. */
export const bufferFindings = (listener: ListenerStatus): Finding[] => {
  const { url, kernelDrops, receiveQueuePeakBytes, receiveQueuePeakMs } = listener;
  const { receiveBufferGrantedBytes: granted, receiveBufferCeilingBytes: ceiling } = listener;
  if (kernelDrops !== null && kernelDrops > 0) {
    const { why, fix } = dropsExplained(listener);
    const sentence = `${why}: the kernel dropped ${datagrams(kernelDrops)} since the start.`;
    return [{ code: "kernel-drops", severity: "problem", sentence, fix, listener: url }];
  }
  if (granted === null) return [];
  const share = receiveQueuePeakBytes / granted;
  if (share < WORTH_TELLING || receiveQueuePeakMs <= 0) return [];
  const isNearFull = share > NEAR_FULL;
  return [
    {
      code: "receive-buffer",
      severity: isNearFull ? "advice" : "note",
      sentence: `The receive buffer held ${milliseconds(receiveQueuePeakMs)} at the peak seen, ${percent(share)} of its ${sizeInWords(granted)}.`,
      fix: isNearFull ? bufferFix(powerOf2(HEADROOM * receiveQueuePeakBytes), ceiling) : null,
      listener: url,
    },
  ];
};

const crosstalkFindings = ({ url, counters }: ListenerStatus): Finding[] => {
  const { crosstalk = 0 } = counters.rejected;
  if (crosstalk === 0) return [];
  return [
    {
      code: "crosstalk",
      severity: "advice",
      sentence: `${datagrams(crosstalk)} of other senders came to it and ${crosstalk === 1 ? "was" : "were"} rejected as crosstalk.`,
      fix: "ask for another group, or leave source= out of the URL to hear every sender",
      listener: url,
    },
  ];
};

const silenceFindings = (listener: ListenerStatus): Finding[] => {
  const { group, state, lastDatagramAtUs, url, interface: name } = listener;
  if (group === null || state !== "OK" || lastDatagramAtUs !== null) return [];
  return [
    {
      code: "never-heard",
      severity: "advice",
      sentence: "The group is joined and nothing came by it since the start.",
      fix: `tcpdump -ni ${name ?? "any"} host ${group}  # nothing there: look at the sender's interface and TTL, and at IGMP snooping in the switch`,
      listener: url,
    },
  ];
};

/** Requests that never left this host: what is lost stays lost, and nobody else says so. */
const nackFindings = ({ url, counters: { nacks, nackFailures } }: ListenerStatus): Finding[] => {
  if (nackFailures === 0 || nackFailures < UNSENT_SHARE * nacks) return [];
  return [
    {
      code: "nack-failures",
      severity: "advice",
      sentence: `The system refused to send ${count(nackFailures)} of ${count(nacks)} requests for what was lost (NACKs); the log says why.`,
      fix: "ip route; nft list ruleset  # a route to the devices, and no rule against datagrams from this port; or recovery=off in the listener's URL",
      listener: url,
    },
  ];
};

/** Send times that were not believed: clocks that were never set, the senders' or that of this host. */
export const timeFindings = ({ url, counters }: ListenerStatus): Finding[] => {
  const share = counters.unusableSendTimes / counters.datagrams;
  if (counters.datagrams < LEAST_DATAGRAMS || share < UNUSABLE_SHARE) return [];
  return [
    {
      code: "send-times",
      severity: "advice",
      sentence: `${percent(share)} of ${count(counters.datagrams)} datagrams had a send time before 2000 or a day ahead of the collector's clock: their arrival stands in for it.`,
      fix: "date -u  # on the collector's host: is it right? Then set the senders' clocks, or let them count from the start of the epoch (flag bit 2)",
      listener: url,
    },
  ];
};

/** All of them, and the reasons in words, the most frequent first. */
const sumByReason = (
  counts: Readonly<Record<string, number>>,
  isMeant: (reason: string) => boolean = () => true,
): { sum: number; reasons: string } => {
  const byReason = Object.entries(counts)
    .filter(([reason]) => isMeant(reason))
    .sort(([, one], [, other]) => other - one);
  return {
    sum: byReason.reduce((sum, [, each]) => sum + each, 0),
    reasons: byReason.map(([reason, each]) => `${count(each)} ${reason}`).join(", "),
  };
};

/** Who sends nothing else is no device, so that no list shows it: without a word here nothing seems to arrive. */
const rejectedFindings = ({ url, counters, lastRejected: last }: ListenerStatus): Finding[] => {
  const { sum, reasons } = sumByReason(counters.rejected, (reason) => !TOLD_APART.has(reason));
  if (sum === 0) return [];
  // whose datagrams were held and given up later is not told
  const newest =
    last === null
      ? ""
      : ` The last one, ${last.reason}, came from ${last.source} at ${formatTime(last.atUs)}.`;
  const isMuch = sum >= REJECTED_SHARE * counters.datagrams;
  return [
    {
      code: "rejected-datagrams",
      severity: isMuch ? "advice" : "note",
      sentence: `Of ${datagrams(counters.datagrams)} ${count(sum)} ${sum === 1 ? "was" : "were"} rejected (${reasons}): nothing in them is used.${newest}`,
      fix: isMuch
        ? "mend the sender: docs/protocol.md says under Rejected datagrams what each reason means"
        : null,
      listener: url,
    },
  ];
};

/** Their numbers count as received: nothing else says that readings are not there. */
const refusedFindings = ({ url, counters }: ListenerStatus): Finding[] => {
  const { sum, reasons } = sumByReason(counters.refusedReadings);
  if (sum === 0) return [];
  return [
    {
      code: "refused-readings",
      severity: "advice",
      sentence: `${count(sum)} reading${sum === 1 ? " was" : "s were"} refused (${reasons}); the rest of their datagrams is stored.`,
      fix: "mend the sender: docs/protocol.md says under Refused readings what each reason means",
      listener: url,
    },
  ];
};

/** What came by a listener, or did not, since the start. */
export const trafficFindings = (listener: ListenerStatus): Finding[] => [
  ...bufferFindings(listener),
  ...crosstalkFindings(listener),
  ...silenceFindings(listener),
  ...rejectedFindings(listener),
  ...refusedFindings(listener),
  ...nackFindings(listener),
  ...timeFindings(listener),
];
