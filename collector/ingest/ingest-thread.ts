import type { MessagePort } from "node:worker_threads";
import { codeOf, messageOf } from "../../common/errors.ts";
import { threadCpuUs } from "../../common/thread-cpu.ts";
import type { BatchReturn, TablesReach } from "../../protocol/batch.ts";
import type { IngestCommand, IngestReport, StartArchive, WorkerFigures } from "./ingest-messages.ts";
import type { IngestService } from "./ingest-service.ts";

const STATUS_MS = 500;
const TRIM_MS = 2_000;

/** What an ingest worker has of the world: the main thread and the writer. */
export interface IngestPorts {
  /** IngestCommand in, IngestReport out */
  main: MessagePort;
  /** BatchReturn and TablesReach in; BatchMessage out, which is the service's matter */
  writer: MessagePort;
}

const reportTo = (main: MessagePort, report: IngestReport): void => main.postMessage(report);

export const reportFailure = (main: MessagePort, error: unknown): void =>
  reportTo(main, { report: "failed", code: codeOf(error) ?? "ERR_INGEST_START", message: messageOf(error) });

/** The thread ends once nothing else holds it; what was posted before is still delivered. */
export const closePorts = ({ main, writer }: IngestPorts): void => {
  writer.close();
  main.close();
};

/** Joins the service of an ingest worker to its two ports: does what the main thread commands, one after the other, and reports. */
export class IngestThread {
  readonly #ports: IngestPorts;
  readonly #service: IngestService;
  readonly #archive: Pick<StartArchive, "close"> | null;
  readonly #trimHeaps: (() => void) | null;
  readonly #timers: NodeJS.Timeout[] = [];
  /** the command before: answers are told apart by their order */
  #former: Promise<void> = Promise.resolve();

  /**
   * @param archive - of the service, closed when that has ended
   * @param trimHeaps - gives memory of the process back now and then; null = another worker does
   */
  constructor(
    ports: IngestPorts,
    service: IngestService,
    archive: Pick<StartArchive, "close"> | null,
    trimHeaps: (() => void) | null,
  ) {
    this.#ports = ports;
    this.#service = service;
    this.#archive = archive;
    this.#trimHeaps = trimHeaps;
  }

  /** Take over what the database knows, and take commands from now on. */
  run(): void {
    const { main, writer } = this.#ports;
    writer.on("message", (message: BatchReturn | TablesReach) => {
      if ("buffer" in message) this.#service.takeBack(message);
      else this.#service.tablesReached(message);
    });
    main.on("message", (command: IngestCommand) => this.#take(command));
    this.#report({ report: "restored", lastArrivalUs: this.#service.restore() });
  }

  #take(command: IngestCommand): void {
    if (command.command === "arrivals") {
      const { query, id } = command;
      this.#report({ report: "arrivals", query, arrivals: this.#service.arrivalsOf(id) });
      return;
    }
    this.#former = this.#former
      .then(() => this.#act(command))
      .catch((error: unknown) => reportFailure(this.#ports.main, error));
  }

  async #act(command: Exclude<IngestCommand, { command: "arrivals" }>): Promise<void> {
    const service = this.#service;
    switch (command.command) {
      case "begin":
        service.begin(command.lastArrivalUs);
        break;
      case "listen":
        await service.listen(command.listeners);
        this.#startTimers();
        break;
      case "share":
        await service.share(command.listener, command.address, command.port, command.local);
        break;
      case "event":
        service.event(command.kind, command.detail);
        break;
      case "stop":
        await service.stop();
        this.#end();
        return;
      case "abandon":
        service.abandon();
        this.#end();
        return;
    }
    this.#report({ report: "done", figures: this.#figures(), isLast: false });
  }

  #startTimers(): void {
    const tell = (): void => this.#report({ report: "status", figures: this.#figures() });
    this.#timers.push(setInterval(tell, STATUS_MS));
    if (this.#trimHeaps === null) return;
    // what the start needed
    this.#trimHeaps();
    this.#timers.push(setInterval(this.#trimHeaps, TRIM_MS));
  }

  #end(): void {
    // the thread may end later than the writer, and whoever only reads leaves SQLite's files beside the database when it is the last
    this.#archive?.close();
    this.#report({ report: "done", figures: this.#figures(), isLast: true });
    for (const timer of this.#timers) clearInterval(timer);
    closePorts(this.#ports);
  }

  #figures(): WorkerFigures {
    return { status: this.#service.status(), cpuUs: threadCpuUs() };
  }

  #report(report: IngestReport): void {
    reportTo(this.#ports.main, report);
  }
}
