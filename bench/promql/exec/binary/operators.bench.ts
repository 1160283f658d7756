import { test } from "vitest";
import {
  computeArithmetic,
  computeComparison,
  intersectKinds,
} from "../../../../src/promql/exec/binary/operators.kernel.ts";

// Columns of 361 steps; divide by 361 for the time of a step.
const left = Float64Array.from({ length: 361 }, (_, step) => step);
const right = Float64Array.from({ length: 361 }, (_, step) => 361 - step);
const out = new Float64Array(361);
const flags = new Uint8Array(361);
const kinds = new Uint8Array(361).fill(1);

for (const op of ["+", "/", "%", "^"] as const) {
  test(`361 steps: ${op}`, async ({ bench }) => {
    await bench(op, () => computeArithmetic(op, left, right, out)).run({ time: 200 });
  });
}

test("361 steps: >", async ({ bench }) => {
  await bench(">", () => computeComparison(">", left, right, flags)).run({ time: 200 });
  await bench("presence", () => intersectKinds(kinds, flags, flags)).run({ time: 200 });
});
