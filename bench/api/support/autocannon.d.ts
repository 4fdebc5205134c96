/** What the benchmark uses of autocannon, which brings no types. */
declare module "autocannon" {
  interface Histogram {
    average: number;
    p50: number;
    p99: number;
    max: number;
  }
  interface Result {
    /** milliseconds */
    latency: Histogram;
    /** per second */
    requests: Histogram & { total: number };
    errors: number;
    timeouts: number;
    non2xx: number;
  }
  interface Options {
    url: string;
    connections: number;
    /** seconds */
    duration: number;
    requests: readonly { path?: string; setupRequest?<R extends { path: string }>(request: R): R }[];
  }
  export default function autocannon(options: Options): Promise<Result>;
}
