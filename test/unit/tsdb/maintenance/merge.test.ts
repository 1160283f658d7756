import { expect, test } from "vitest";
import { longestBlockMs, planMerge } from "../../../../src/tsdb/maintenance/merge.ts";
import { AgePace, expiredBlocks } from "../../../../src/tsdb/maintenance/retention.ts";

const HOUR = 3_600_000;

/** Spans in hours, as `from..to`. */
function planned(spans: string, longestHours: number): string {
  const blocks = spans.split(" ").map((text) => {
    const [from, to] = text.split("..").map(Number);
    return { from: from! * HOUR, to: to! * HOUR };
  });
  const group = planMerge(blocks, { blockRangeMs: 2 * HOUR, longestMs: longestHours * HOUR });
  return (group ?? []).map(({ from, to }) => `${from / HOUR}..${to / HOUR}`).join(" ");
}

test.each<[string, string, number, string]>([
  ["a single block stays", "0..2", 1000, ""],
  ["three blocks wait for the newest to lie beyond their range", "0..2 2..4 4..6", 1000, ""],
  ["then they are merged", "0..2 2..4 4..6 6..8", 1000, "0..2 2..4 4..6"],
  ["a hole does not hold them up", "0..2 4..6 6..8", 1000, "0..2 4..6"],
  ["blocks of two ranges stay apart", "4..6 6..8 12..14", 1000, ""],
  ["merged blocks merge again", "0..6 6..12 12..18 18..20", 1000, "0..6 6..12 12..18"],
  ["not beyond the longest block", "0..6 6..12 12..18 18..20", 10, ""],
  ["overlapping blocks are merged first, the newest too", "0..2 2..4 3..5 4..6", 1000, "2..4 3..5 4..6"],
  ["a long block over short ones", "0..6 2..4 6..8", 1000, "0..6 2..4"],
  ["ranges before 1970 are aligned too", "-6..-4 -4..-2 -2..0 0..2", 1000, "-6..-4 -4..-2 -2..0"],
])("%s", (_, spans, longestHours, expected) => {
  expect(planned(spans, longestHours)).toBe(expected);
});

test("blocks grow to a tenth of the retention time, at most 31 days", () => {
  expect(longestBlockMs(0)).toBe(31 * 24 * HOUR);
  expect(longestBlockMs(15 * 24 * HOUR)).toBe(36 * HOUR);
  expect(longestBlockMs(3650 * 24 * HOUR)).toBe(31 * 24 * HOUR);
});

test("blocks go whole once they are as far behind the newest as the limit, or when there is too much", () => {
  const blocks = [0, 2, 4, 6].map((from) => ({ from: from * HOUR, to: (from + 2) * HOUR, bytes: 100 }));
  const gone = (retentionMs: number, limitBytes: number, logBytes = 0): number[] =>
    expiredBlocks(blocks, logBytes, { retentionMs, limitBytes }).map(({ block }) => block.from / HOUR);
  expect(gone(0, 0)).toEqual([]);
  expect(gone(4 * HOUR, 0)).toEqual([0, 2]);
  expect(gone(4 * HOUR + 1, 0)).toEqual([0]);
  expect(gone(0, 400)).toEqual([]);
  expect(gone(0, 399)).toEqual([0]);
  expect(gone(0, 250, 100)).toEqual([0, 2, 4]);
  expect(gone(6 * HOUR, 250)).toEqual([0, 2]);
});

test("blocks that are too old go one a minute, whatever the clock says", () => {
  const pace = new AgePace();
  expect([0, 59_999, 60_000, 60_001, 150_000].map((at) => pace.allows(at))).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
});
