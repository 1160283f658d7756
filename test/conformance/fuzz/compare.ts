import { parseArgs } from "node:util";
import { metricsOf, readDataset } from "./dataset.ts";
import { openOurs } from "./ours.ts";
import { DATASET, openReference } from "./reference.ts";
import { runFuzz, type Report } from "./run.ts";

// Compares generated queries with a real Prometheus:
//   node test/conformance/fuzz/compare.ts --queries 20000 --seed 1
// Query number n of a seed is always the same one: --from n --queries 1 asks it alone.

const { values } = parseArgs({
  options: {
    queries: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    show: { type: "string", default: "3" }, // Examples of each group.
  },
});

const dataset = readDataset(DATASET);
const startMs = Math.min(...dataset.map(({ times }) => times[0]!));
const endMs = Math.max(...dataset.map(({ times }) => times.at(-1)!));
const ours = await openOurs(dataset, endMs);
const reference = await openReference();
process.once("SIGINT", () => void reference.server.remove().then(() => process.exit(130)));
try {
  const report = await runFuzz({
    source: { metrics: metricsOf(dataset), startMs, endMs },
    reference: reference.ask,
    ours: ours.ask,
    seed: Number(values.seed),
    from: Number(values.from),
    count: Number(values.queries),
    isMinimised: true,
  });
  print(report, Number(values.show));
  process.exitCode = report.unexplained.length === 0 ? 0 : 1;
} finally {
  await reference.server.remove();
  await ours.store.close();
}

function print(report: Report, examples: number): void {
  const groups = Map.groupBy(report.unexplained, ({ signature }) => signature);
  for (const [signature, cases] of [...groups].toSorted(([, a], [, b]) => b.length - a.length)) {
    console.log(`\n== ${signature} (${cases.length})`);
    for (const { number, smallest, finding } of cases.slice(0, examples)) {
      const { text, startMs: from, endMs: to, stepMs } = smallest;
      const when =
        stepMs === undefined ? `at ${from / 1000}` : `${from / 1000} to ${to / 1000} by ${stepMs / 1000}`;
      console.log(`  #${number} ${when}\n    ${text}\n    ${finding.detail.slice(0, 700)}`);
    }
  }
  console.log(`\n${report.asked} queries, ${report.errors} of them errors, ${report.empty} empty`);
  for (const [reason, count] of report.explained) console.log(`  ${count} explained: ${reason}`);
  console.log(`${report.unexplained.length} unexplained`);
}
