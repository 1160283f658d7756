import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startDemo } from "./stack.ts";

// `npm run demo`: the chapter without Docker. Type a number to scale access-log, q to stop.

const data = mkdtempSync(join(tmpdir(), "narthex-demo-"));
const demo = await startDemo({
  config: join(import.meta.dirname, "prometheus.yml"),
  data,
  port: Number(process.env["DEMO_PORT"] ?? 9090),
  log: (line) => process.stderr.write(line),
});
const traffic = setInterval(() => demo.ticks.count++, 250);

console.log(`
Narthex answers on ${demo.base}; for example
  ${demo.base}/targets
  ${demo.base}/api/v1/query?query=${encodeURIComponent("sum(access_log_total) without(hostname, instance)")}
Type 1, 2 or 3 and Enter to scale access-log, q to stop.
`);

async function stop(): Promise<void> {
  clearInterval(traffic);
  input.close();
  await demo.close();
  rmSync(data, { recursive: true, force: true });
}

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const word = line.trim();
  if (/^[123]$/.test(word)) {
    demo.scale(Number(word));
    console.log(
      `access-log now has ${word} replica(s) in DNS; targets follow within its refresh interval of 30 s`,
    );
  } else if (word === "q") {
    void stop();
  } else {
    console.log("1, 2 or 3 scales access-log, q stops");
  }
});
process.once("SIGINT", () => void stop());
process.once("SIGTERM", () => void stop());
