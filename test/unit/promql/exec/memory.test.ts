import { expect, test } from "vitest";
import { ask, storeOf } from "../ask.ts";

const STORE = storeOf(
  60_000,
  Array.from({ length: 200 }, (_, n) => `m_total{job="${n % 3}",instance="${n}"} ${n}+${n + 1}x60`),
);
const RANGE = [0, 3600, 60] as const;
const REFUSED =
  /^query would take more than 20KiB of memory in query execution; .* raise --query.max-memory$/;

test.each([
  "m_total",
  'count_values("v", m_total)',
  "topk(1e18, m_total)",
  "quantile(0.5, m_total)",
  "m_total or m_total offset 1m",
  "m_total * on (job, instance) group_left () m_total",
  'sum(label_replace(m_total, "x", "$1", "instance", "(.*)"))',
  "sum by (instance) (m_total) > 1e18",
  "histogram_quantile(0.5, m_total)",
])("%s is refused when it would take more memory than it may", (text) => {
  expect(() => ask(STORE, { text, at: RANGE, options: { memoryBytesMax: 20 * 1024 } })).toThrow(REFUSED);
  expect(ask(STORE, { text, at: RANGE, options: { memoryBytesMax: 20 * 1024 * 1024 } }).value.kind).toBe(
    "matrix",
  );
});

test.each(["sum(rate(m_total[5m]))", "count(m_total > 5)", "topk(1, m_total)", "max by (job) (m_total)"])(
  "%s takes hardly any",
  (text) => {
    const options = { memoryBytesMax: 20 * 1024 };
    expect(ask(STORE, { text, at: RANGE, options }).value.kind).toBe("matrix");
  },
);
