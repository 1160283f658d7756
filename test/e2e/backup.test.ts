import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { getData, type ApiSeries } from "../support/api-client.ts";
import { remoteWrite } from "../support/remote-write.ts";
import { eventually, NARTHEX, runToEnd, scratchFolder, startServer } from "../support/server-process.ts";

const SERIES = 200;

test("a backup under load holds every acknowledged row, and nothing else", async () => {
  const server = await startServer({
    command: NARTHEX,
    config: "",
    flags: ["--web.enable-remote-write-receiver"],
  });
  const folder = scratchFolder();
  const acknowledged: number[] = [];
  const stopping = new AbortController();
  const write = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const timeMs = Math.max(Date.now(), (acknowledged.at(-1) ?? 0) + 1);
      const row = Array.from({ length: SERIES }, (_, index) => ({
        labels: { __name__: "written", index: String(index) },
        timeMs,
        value: timeMs + index,
      }));
      expect(await remoteWrite(server.base, row)).toBe(204);
      acknowledged.push(timeMs);
    }
  };
  const writing = write();
  try {
    await eventually("some rows", () => (acknowledged.length > 50 ? true : undefined));
    const before = acknowledged.length;
    const backup = join(folder, "backup");
    const made = await runToEnd(NARTHEX, [
      "backup",
      backup,
      `--storage.tsdb.path=${join(server.folder, "data")}`,
    ]);
    expect(made).toMatchObject({ code: 0, err: "" });
    const after = acknowledged.length;
    expect(after).toBeGreaterThan(before);
    stopping.abort();
    await writing;
    const restored = await runToEnd(NARTHEX, [
      "restore",
      backup,
      `--storage.tsdb.path=${join(folder, "data")}`,
    ]);
    expect(restored).toMatchObject({ code: 0, err: "" });

    const again = await startServer({ command: NARTHEX, config: "", folder });
    try {
      const { result } = await getData<{ result: ApiSeries[] }>(again.base, "query", {
        query: "written[1h]",
      });
      expect(result.length).toBe(SERIES);
      const counts = new Set(result.map(({ values }) => values!.length));
      // Of one moment: all series have the same rows.
      expect(counts.size).toBe(1);
      for (const { metric, values } of result) {
        const times = values!.map(([time]) => Math.round(time * 1000));
        expect(times).toEqual(acknowledged.slice(0, times.length));
        expect(times.length).toBeGreaterThanOrEqual(before);
        for (const [time, value] of values!) {
          expect(value).toBe(String(Math.round(time * 1000) + Number(metric["index"])));
        }
      }
      console.log(`${before} rows before, ${[...counts][0]} in the backup, ${after} after it`);
    } finally {
      await again.stop();
    }
  } finally {
    stopping.abort();
    await writing;
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
