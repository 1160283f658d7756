import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "../../../src/base/index.ts";
import { openFailureFile } from "../../../src/scrape/index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "failure-file-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const log: string[] = [];
const logger = createLogger({
  level: "info",
  format: "logfmt",
  write: (line) => log.push(line),
  now: () => 0,
});

test("lines are added to what is in the file", async () => {
  const file = join(folder, "failures.json");
  for (const line of ["one\n", "two\n"]) {
    const failures = openFailureFile(file, logger);
    failures.write(line);
    failures.close();
    await vi.waitFor(() => expect(readFileSync(file, "utf8")).toContain(line));
  }
  expect(readFileSync(file, "utf8")).toBe("one\ntwo\n");
});

test("a file that can't be written is logged once and harms nothing", async () => {
  const failures = openFailureFile(join(folder, "missing", "failures.json"), logger);
  failures.write("one\n");
  await vi.waitFor(() => expect(log).toHaveLength(1));
  failures.write("two\n");
  failures.close();
  expect(log[0]).toContain("scrape failure log can't be written");
});
