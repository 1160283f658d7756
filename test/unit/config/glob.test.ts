import { describe, expect, test } from "vitest";
import { matchFiles } from "../../../src/config/index.ts";

const DISK: Readonly<Record<string, readonly string[]>> = {
  ".": ["a.yml", "b.yml", "c.json", "dir"],
  dir: ["x1.yml", "x2.yml", "x[.yml", "y.yml"],
  "/abs": ["z.yml", "é.yml"],
};

describe("patterns of file names", () => {
  test.each([
    ["a.yml", ["a.yml"]],
    ["nope.yml", []],
    ["*.yml", ["a.yml", "b.yml"]],
    ["./*.yml", ["a.yml", "b.yml"]],
    ["dir/x?.yml", ["dir/x1.yml", "dir/x2.yml", "dir/x[.yml"]],
    ["dir/x[0-9].yml", ["dir/x1.yml", "dir/x2.yml"]],
    ["dir/x[^0-9].yml", ["dir/x[.yml"]],
    ["dir/x[12].yml", ["dir/x1.yml", "dir/x2.yml"]],
    ["dir/x\\[.yml", ["dir/x[.yml"]],
    ["dir/x[.yml", []],
    ["d?r/y.yml", ["dir/y.yml"]],
    ["/abs/*.yml", ["/abs/z.yml", "/abs/é.yml"]],
    ["/abs/?.yml", ["/abs/z.yml", "/abs/é.yml"]],
    ["*", ["a.yml", "b.yml", "c.json", "dir"]],
    ["a*l*", ["a.yml"]],
    ["*a", []],
    ["missing/*.yml", []],
    ["{a,b}.yml", []],
    ["", []],
  ])("%s", (pattern, expected) => {
    expect(matchFiles(pattern, (directory) => DISK[directory] ?? [])).toEqual(expected);
  });
});
