import { expect, test } from "vitest";
import { fuzzParsers } from "./fuzz.ts";

const BODIES = 20_000;

test.each([1, 2, 3])(
  "changed bodies of every format parse alike with and without a skeleton, seed %i",
  (seed) => {
    expect(fuzzParsers(seed, (count) => count < BODIES)).toBe(BODIES);
  },
);
