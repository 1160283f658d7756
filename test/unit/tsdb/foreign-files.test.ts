import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLogger } from "../../../src/base/index.ts";
import { testStore } from "./model.ts";

/** What is said at the start of a store in a directory with these files. */
async function told(files: readonly string[]): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), "narthex-foreign-"));
  try {
    for (const file of files) {
      mkdirSync(join(directory, file, ".."), { recursive: true });
      writeFileSync(join(directory, file), "{}");
    }
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const logger = createLogger({ level: "info", format: "logfmt", write, now: () => 0 });
    const store = await testStore({ directory, logger });
    await store.close();
    return lines.filter((line) => line.includes("import-prometheus"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test.each([
  ["a head's chunks", "chunks_head/000001"],
  ["a log", "wal/00000000"],
  ["a block", "01JADX7Q2QJ5X8F0A5Z3Y9N4CV/meta.json"],
])("%s of another server in the directory: one line tells how to take them over", async (_, file) => {
  const lines = await told([file, "queries.active"]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('command="narthex tsdb import-prometheus"');
});

test("nothing is said of an empty directory and of other files", async () => {
  expect(await told([])).toEqual([]);
  expect(await told(["queries.active", "01JADX7Q2QJ5X8F0A5Z3Y9N4CV/index", "wal.txt"])).toEqual([]);
});
