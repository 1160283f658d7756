import { expect, test } from "vitest";
import { ask, storeOf } from "../ask.ts";

const STORE = storeOf(60_000, [
  'm_total{job="a",instance="1"} 0+1x10',
  'm_total{job="a",instance="2"} 0+2x10',
  'm_total{job="b",instance="3"} 0+3x10',
]);

/** A clock on which each reading takes a millisecond. */
function ticking(): () => number {
  let now = 0;
  return () => now++;
}

test("each part tells what it gave and read, parents first", () => {
  const options = { profiles: true, monotonic: ticking() };
  const text = "sum by (job) ( rate(m_total[2m]) ) > bool 0";
  const { profile } = ask(STORE, { text, at: [300, 600, 60], options });
  expect(profile?.map(({ totalMs: _total, ownMs: _own, ...rest }) => rest)).toEqual([
    { expr: text, depth: 0, series: 2, points: 12, samplesDecoded: 0 },
    { expr: "sum by (job) ( rate(m_total[2m]) )", depth: 1, series: 2, points: 12, samplesDecoded: 0 },
    { expr: "rate(m_total[2m])", depth: 2, series: 3, points: 18, samplesDecoded: 0 },
    { expr: "m_total[2m]", depth: 3, series: 3, points: 21, samplesDecoded: 21 },
    { expr: "0", depth: 1, series: 0, points: 6, samplesDecoded: 0 },
  ]);
});

test("the own times of all parts add up to the total of the whole", () => {
  const options = { profiles: true, monotonic: ticking() };
  const { profile } = ask(STORE, { text: "max_over_time(sum(m_total)[3m:1m]) + m_total", at: 600, options });
  const own = profile!.reduce((sum, { ownMs }) => sum + ownMs, 0);
  expect(own).toBe(profile![0]!.totalMs);
  expect(own).toBeGreaterThan(5);
});

test("the answer is the same, and nothing is told unless it is asked for", () => {
  const text = "topk(1, m_total) or m_total offset 1m";
  const plain = ask(STORE, { text, at: [0, 600, 60] });
  const measured = ask(STORE, { text, at: [0, 600, 60], options: { profiles: true } });
  expect(measured.value).toEqual(plain.value);
  expect(plain.profile).toBeUndefined();
});
