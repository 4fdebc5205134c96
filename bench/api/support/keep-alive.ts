import { connect, type Socket } from "node:net";

/** One keep-alive connection that asks one thing after the other, with as little work of its own as can be: what is timed is the server. */
export class KeepAliveClient {
  readonly #socket: Socket;
  readonly #host: string;
  #chunks: Buffer[] = [];
  #answered: PromiseWithResolvers<string> | undefined;

  /** @param api - such as http://127.0.0.1:8047 */
  constructor(api: string) {
    const { host, hostname, port } = new URL(api);
    this.#host = host;
    this.#socket = connect(Number(port), hostname);
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#answered?.reject(error));
    this.#socket.on("close", () => this.#answered?.reject(new Error("the server closed the connection")));
  }

  /** @returns the body. @throws when the status is not 200 */
  get(path: string): Promise<string> {
    this.#chunks = [];
    this.#answered = Promise.withResolvers();
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
    return this.#answered.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    const first = this.#chunks[0]!;
    const headEnd = first.indexOf("\r\n\r\n");
    const head = first.toString("latin1", 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    const size = this.#chunks.reduce((sum, { length: bytes }) => sum + bytes, 0);
    if (size < headEnd + 4 + length) return;
    if (head.startsWith("HTTP/1.1 200"))
      this.#answered?.resolve(Buffer.concat(this.#chunks).toString("utf8", headEnd + 4));
    else this.#answered?.reject(new Error(`${head}\n${first.toString("utf8", headEnd)}`));
  }
}
