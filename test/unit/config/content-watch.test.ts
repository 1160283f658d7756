import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchContent } from "../../../src/config/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "narthex-watch-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("tells of each change once: new content, a file that goes, a file that comes", async () => {
  const clock = new FakeClock();
  const file = join(folder, "prometheus.yml");
  const other = join(folder, "jobs.yml");
  writeFileSync(file, "a");
  let changes = 0;
  const watch = watchContent({
    clock,
    intervalMs: 1000,
    files: () => [file, other],
    changed: () => changes++,
  });
  const counts: number[] = [];
  const steps: (() => void)[] = [
    () => {},
    () => writeFileSync(file, "b"),
    () => writeFileSync(file, "b"),
    () => writeFileSync(other, ""),
    () => rmSync(file),
  ];
  for (const step of steps) {
    step();
    await clock.advance(1000);
    counts.push(changes);
  }
  watch.cancel();
  writeFileSync(file, "c");
  await clock.advance(5000);
  expect([...counts, changes]).toEqual([0, 1, 1, 2, 3, 3]);
});
