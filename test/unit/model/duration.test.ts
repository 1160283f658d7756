import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../../src/model/index.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("a duration is read as milliseconds", () => {
  const rows: [string, number][] = [
    ["0", 0],
    ["0s", 0],
    ["05s", 5000],
    ["1500ms", 1500],
    ["1h30m", 1.5 * HOUR],
    ["1y1w1d1h1m1s1ms", 365 * DAY + 7 * DAY + DAY + HOUR + 60_000 + 1000 + 1],
    ["100y", 36_500 * DAY],
    ["292y", 292 * 365 * DAY],
    ["9223372036854ms", 9_223_372_036_854],
    ["00000000000000000000000000001m", 60_000],
  ];
  test.each(rows)("%s", (text, expected) => expect(parseDuration(text)).toBe(expected));
});

describe("what is not a duration is refused with the reason", () => {
  const rows: [string, string][] = [
    ["", "empty duration string"],
    ["15", 'not a valid duration string: "15"'],
    ["-1m", 'not a valid duration string: "-1m"'],
    ["m", 'not a valid duration string: "m"'],
    ["1m1h", 'not a valid duration string: "1m1h"'],
    ["1m1m", 'not a valid duration string: "1m1m"'],
    ["1.5s", 'unknown unit "." in duration "1.5s"'],
    ["1 s", 'unknown unit " s" in duration "1 s"'],
    ["1M", 'unknown unit "M" in duration "1M"'],
    ["300y", "duration out of range"],
    ["292y172d", "duration out of range"],
    ["9223372036855ms", "duration out of range"],
    ["99999999999999999999ms", 'not a valid duration string: "99999999999999999999ms"'],
  ];
  test.each(rows)("%s", (text, message) => expect(() => parseDuration(text)).toThrow(message));
});

describe("a duration is written in its shortest exact spelling", () => {
  const rows: [number, string][] = [
    [0, "0s"],
    [1, "1ms"],
    [1500, "1s500ms"],
    [1.5 * HOUR, "1h30m"],
    [DAY, "1d"],
    [7 * DAY, "1w"],
    [8 * DAY, "8d"],
    [90 * DAY, "90d"],
    [365 * DAY, "1y"],
    [366 * DAY, "366d"],
    [372 * DAY, "372d"],
    [14 * DAY, "2w"],
    [-5 * 60_000, "-5m"],
  ];
  test.each(rows)("%s", (ms, expected) => expect(formatDuration(ms)).toBe(expected));
});
