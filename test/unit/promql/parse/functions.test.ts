import { expect, it } from "vitest";

import { FUNCTIONS } from "../../../../src/promql/parse/index.ts";

it("has every function of 3.14, by name and once", () => {
  expect(FUNCTIONS.size).toBe(90);
  for (const [name, signature] of FUNCTIONS) expect(signature.name).toBe(name);
});

it.each([
  ["abs", { argTypes: ["vector"], variadic: 0, returnType: "vector", experimental: false }],
  ["time", { argTypes: [], variadic: 0, returnType: "scalar" }],
  ["round", { argTypes: ["vector", "scalar"], variadic: 1 }],
  ["label_join", { argTypes: ["vector", "string", "string", "string"], variadic: -1 }],
  ["histogram_fraction", { argTypes: ["scalar", "scalar", "vector"] }],
  [
    "histogram_quantiles",
    { argTypes: ["vector", "string", "scalar", "scalar"], variadic: 9, experimental: true },
  ],
  ["max_of", { argTypes: ["scalar", "scalar"], returnType: "scalar", experimental: true }],
  ["year", { argTypes: ["vector"], variadic: 1, experimental: false }],
  ["info", { argTypes: ["vector", "vector"], variadic: 1, experimental: true }],
] as const)("%s has its signature", (name, signature) => {
  expect(FUNCTIONS.get(name)).toMatchObject(signature);
});
