import fc from "fast-check";
import { expect, test } from "vitest";
import { countChanges, countResets, spreadCounts } from "../../../../src/promql/functions/changes.kernel.ts";

const TWINS = {
  resets: { kernel: countResets, happened: (a: number, b: number) => b < a },
  changes: {
    kernel: countChanges,
    happened: (a: number, b: number) => !Object.is(a, b) && a !== b,
  },
};

test.each(Object.entries(TWINS))(
  "%s over windows equal counting each window",
  (_name, { kernel, happened }) => {
    const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(NaN), fc.constant(-0));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), fc.nat(10), (list, width) => {
        const values = Float64Array.from(list);
        const from = Int32Array.from(values, (_, row) => Math.max(0, row - width));
        const to = Int32Array.from(values, (_, row) => row);
        const counts = new Int32Array(values.length);
        const out = new Float64Array(values.length);
        const kinds = new Uint8Array(values.length);
        kernel(values, 0, values.length, counts);
        spreadCounts(counts, from, to, out, kinds);
        for (let step = 0; step < values.length; step++) {
          const window = list.slice(from[step], to[step]);
          const events = window.slice(1).filter((after, i) => happened(window[i]!, after));
          const counted = kinds[step] === 1 ? out[step] : undefined;
          expect(counted).toBe(window.length > 0 ? events.length : undefined);
        }
      }),
    );
  },
);
