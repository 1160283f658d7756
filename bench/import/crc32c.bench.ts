import { test } from "vitest";
import { crc32c } from "../../src/import/crc32c.kernel.ts";

const data = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 2654435761) >>> 24);

test("1 MiB", async ({ bench }) => {
  await bench("crc32c", () => {
    crc32c(data, 0, data.length);
  }).run({ time: 500 });
});
