import { expect, test } from "vitest";
import { soak } from "./soak.ts";

const WAL_BYTES_MAX = 256 * 2 ** 20;

// Ten minutes of a server's work in twenty seconds. In real time: node test/crash/campaign.ts soak.
test("retention and compaction under load fail no query and bound the files (REL-10)", async () => {
  const { lateMsP99, ...figures } = await soak({ seconds: 20, speed: 30, seriesPerTarget: 200 });
  console.log(`soak: ${JSON.stringify({ ...figures, lateMsP99: Math.round(lateMsP99) })}`);
  expect(figures.failedQueries).toEqual([]);
  expect(figures.compactions).toBeGreaterThan(3);
  expect(figures.blocksDropped).toBe(true);
  expect(figures.walBytesMax).toBeLessThan(WAL_BYTES_MAX);
  expect(figures.folderBytesMax).toBeLessThan(2 * figures.folderBytesMid + 2 ** 20);
  expect(figures.exitCode).toBe(0);
}, 60_000);
