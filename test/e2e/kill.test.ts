import { createServer } from "node:http";
import { expect, test } from "vitest";
import { portOf } from "../../examples/docker-course/stub-dns.ts";
import { getData, type ApiSeries } from "../support/api-client.ts";
import { remoteWrite } from "../support/remote-write.ts";
import { eventually, NARTHEX, pause, startServer, type ServerProcess } from "../support/server-process.ts";

const FLAGS = ["--web.enable-remote-write-receiver"];
const KILLS = Number(process.env["KILLS"] ?? 3);
const SERIES = 5;

/** Writes rows until the server is gone; gives the times of those it acknowledged. */
async function writeUntilGone(base: string, acknowledged: number[]): Promise<void> {
  for (;;) {
    const timeMs = Math.max(Date.now(), (acknowledged.at(-1) ?? 0) + 1);
    const row = Array.from({ length: SERIES }, (_, index) => ({
      labels: { __name__: "written", index: String(index) },
      timeMs,
      value: timeMs + index,
    }));
    const status = await remoteWrite(base, row).catch(() => undefined);
    if (status === undefined) return;
    if (status !== 204) throw new Error(`refused with status ${status}`);
    acknowledged.push(timeMs);
  }
}

async function storedValues(base: string, query: string): Promise<Map<string, Map<number, string>>> {
  const { result } = await getData<{ result: ApiSeries[] }>(base, "query", { query });
  return new Map(
    result.map(({ metric, values }) => [
      metric["index"] ?? "",
      new Map(values!.map(([time, value]) => [Math.round(time * 1000), value])),
    ]),
  );
}

test("kill -9 loses no acknowledged row, and none changes", async () => {
  const acknowledged: number[] = [];
  let server: ServerProcess = await startServer({ command: NARTHEX, config: "", flags: FLAGS });
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.length;
      const writing = writeUntilGone(server.base, acknowledged);
      await eventually("some rows", () => (acknowledged.length > before + 20 ? true : undefined));
      expect(await server.stop("SIGKILL")).toBe("SIGKILL");
      await writing;
      server = await startServer({ command: NARTHEX, config: "", flags: FLAGS, folder: server.folder });
      const stored = await storedValues(server.base, "written[1h]");
      expect(stored.size).toBe(SERIES);
      for (const [index, values] of stored) {
        const lost = acknowledged.filter((time) => values.get(time) !== String(time + Number(index)));
        expect(lost, `rows of series ${index} lost or changed, of ${acknowledged.length}`).toEqual([]);
      }
    }
    console.log(`${acknowledged.length * SERIES} acknowledged samples, ${KILLS} kills, 0 lost`);
  } finally {
    await server.remove();
  }
}, 120_000);

test("kill -9 while scraping keeps every row but those of the last moment", async () => {
  let scrapes = 0;
  const target = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(`scraped{index="0"} ${++scrapes}\n`);
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  const config = JSON.stringify({
    scrape_configs: [
      {
        job_name: "t",
        scrape_interval: "100ms",
        static_configs: [{ targets: [`127.0.0.1:${portOf(target)}`] }],
      },
    ],
  });
  let server = await startServer({ command: NARTHEX, config });
  try {
    await eventually("some scrapes", () => (scrapes > 10 ? true : undefined));
    const seen = await storedValues(server.base, "scraped[1h]");
    await pause(1000); // Twice what the log may wait for a group of rows.
    await server.stop("SIGKILL");
    server = await startServer({ command: NARTHEX, config, folder: server.folder });
    const kept = (await storedValues(server.base, "scraped[1h]")).get("0")!;
    for (const [time, value] of seen.get("0")!) expect(kept.get(time)).toBe(value);
    expect(seen.get("0")!.size).toBeGreaterThan(5);
  } finally {
    await server.remove();
    await new Promise((resolve) => target.close(resolve));
  }
}, 60_000);
