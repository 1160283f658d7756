import { test } from "vitest";
import { compileRegex, type CompiledRegex } from "../../src/model/index.ts";

const values = Array.from(
  { length: 10_000 },
  (_, i) => `pod-${i % 977}-${(i * 7919).toString(36)}.ns-${i % 10}.cluster.local:9100`,
);

const patterns = [
  `(${values.slice(0, 5).join("|")})`,
  "pod-1.*",
  ".*ns-7.*",
  ".+:9100",
  ".+:9[0-9]{2}",
  "pod-[0-9]+-.*\\.ns-(1|2|3)\\..*",
  "(?i).*NS-7.*",
];

function countMatches(regex: CompiledRegex): number {
  let count = 0;
  for (const value of values) if (regex.matches(value)) count++;
  return count;
}

// One turn tests all values; divide by 10,000 for the time of one.
for (const pattern of patterns) {
  const regex = compileRegex(pattern);
  test(`10,000 label values against ${pattern.slice(0, 40)}`, async ({ bench }) => {
    await bench("matches", () => countMatches(regex)).run({ time: 200 });
  });
}
