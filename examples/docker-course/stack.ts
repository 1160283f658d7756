import { startNarthex, type Narthex } from "../../src/index.ts";
import { startEndpoints, type Ticks } from "./endpoints.ts";
import { startStubDns } from "./stub-dns.ts";

const REPLICAS_MAX = 3;

/** The whole chapter on loopback: endpoints, DNS, and Narthex scraping them. */
export interface Demo {
  readonly base: string; // Narthex's own address.
  readonly endpoints: Awaited<ReturnType<typeof startEndpoints>>;
  readonly ticks: Ticks;
  /** Lets DNS answer with this many access-log replicas. */
  scale(replicas: number): void;
  close(): Promise<void>;
}

/** Starts everything; `port` 0 lets the system choose Narthex's. */
export async function startDemo(options: {
  readonly config: string;
  readonly data: string;
  readonly port: number;
  readonly log?: (line: string) => void;
}): Promise<Demo> {
  const ticks: Ticks = { count: 0 };
  const endpoints = await startEndpoints(ticks, REPLICAS_MAX);
  const dns = await startStubDns();
  const { imageGallery, iotd, docker, accessLogs } = endpoints;
  // Stands in for Docker's network: which address and port a name and port of the configuration lead to.
  const hosts = new Map([
    ["image-gallery", imageGallery],
    ["iotd", iotd],
    ["DOCKER_HOST", docker],
    ...accessLogs.map((replica) => [replica.address, replica] as const),
  ]);
  const narthex: Narthex = await startNarthex({
    flags: [
      `--config.file=${options.config}`,
      `--storage.tsdb.path=${options.data}`,
      `--web.listen-address=127.0.0.1:${options.port}`,
    ],
    log: options.log ?? (() => {}),
    nameservers: [dns],
    dial: (host, port) => {
      const place = hosts.get(host);
      return place === undefined ? { host, port } : { host: place.address, port: place.port };
    },
  });
  function scale(replicas: number): void {
    dns.answers.set("accesslog", { addresses: accessLogs.slice(0, replicas).map(({ address }) => address) });
  }
  scale(1);
  return {
    base: narthex.base,
    endpoints,
    ticks,
    scale,
    async close() {
      await narthex.close();
      await dns.close();
      await Promise.all([imageGallery, iotd, docker, ...accessLogs].map((endpoint) => endpoint.close()));
    },
  };
}
