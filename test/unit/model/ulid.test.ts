import { expect, test } from "vitest";
import { ulid } from "../../../src/model/ulid.ts";

test.each([
  [0, 0, "00000000000000000000000000"],
  [1_469_918_176_385, 33, "01ARYZ6S410000000000000011"],
  [2 ** 48 - 1, 2 ** 53 - 1, "7ZZZZZZZZZ000007ZZZZZZZZZZ"],
  [-5, 31, "0000000000000000000000000Z"],
])("time %s and number %s", (time, number, expected) => {
  expect(ulid(time, number)).toBe(expected);
});
