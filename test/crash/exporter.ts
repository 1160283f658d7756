import { createServer } from "node:http";
import { portOf } from "../../examples/docker-course/stub-dns.ts";

/** A target that counts its scrapes and says the count in each of its series. */
export interface Exporter {
  readonly address: string;
  /** When each scrape was answered (ms of Date.now()), by the value it was given, from 1. */
  readonly answered: readonly number[];
  close(): Promise<void>;
}

export async function startExporter(series: number): Promise<Exporter> {
  const answered: number[] = [0];
  const server = createServer((_request, response) => {
    const value = answered.length;
    answered.push(Date.now());
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(
      Array.from({ length: series }, (_, index) => `scraped{index="${index}"} ${value}\n`).join(""),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${portOf(server)}`,
    answered,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
