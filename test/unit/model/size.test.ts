import { describe, expect, test } from "vitest";
import { formatSize, parseSize } from "../../../src/model/index.ts";

describe("a size is read as bytes", () => {
  const rows: [string, number][] = [
    ["0", 0],
    ["-0", 0],
    ["5B", 5],
    ["512MB", 512 * 1024 ** 2],
    ["1.5GiB", 1.5 * 1024 ** 3],
    ["1GiB512MiB", 1.5 * 1024 ** 3],
    ["+.5KB", 512],
    ["1.KB", 1024],
    ["-1KB", -1024],
    ["1.0001B", 1],
  ];
  test.each(rows)("%s", (text, expected) => expect(parseSize(text)).toBe(expected));
});

describe("what is not a size is refused with the reason", () => {
  const rows: [string, string][] = [
    ["", "units: invalid "],
    ["x", "units: invalid x"],
    ["15", "units: unknown unit  in 15"],
    ["1kB", "units: unknown unit kB in 1kB"],
    ["1KiB1KB", "units: unknown unit KiB in 1KiB1KB"],
    ["16EB", "units: overflow parsing unit"],
    [".KB", "units: invalid .KB"],
    ["1 KB", "units: unknown unit  KB in 1 KB"],
  ];
  test.each(rows)("%s", (text, message) => expect(() => parseSize(text)).toThrow(message));
});

describe("bytes are written exactly", () => {
  const rows: [number, string][] = [
    [0, "0B"],
    [512, "512B"],
    [1536, "1KiB512B"],
    [512 * 1024 ** 2, "512MiB"],
    [2 ** 60, "1EiB"],
    [2000 * 2 ** 50, "1EiB976PiB"],
  ];
  test.each(rows)("%d", (bytes, expected) => expect(formatSize(bytes)).toBe(expected));
});
