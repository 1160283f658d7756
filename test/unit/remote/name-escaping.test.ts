import { expect, test } from "vitest";
import { escapeName } from "../../../src/remote/name-escaping.ts";

test.each([
  ["up", "up", "up", "up"],
  ["a_b:c", "a_b:c", "a_b:c", "a_b:c"],
  ["http.status", "http_status", "http_dot_status", "U__http_2e_status"],
  ["a_b.c", "a_b_c", "a__b_dot_c", "U__a__b_2e_c"],
  ["1d", "_d", "__d", "U___31_d"],
  ["utf 8 é😀", "utf_8___", "utf__8______", "U__utf_20_8_20__e9__1f600_"],
  ["", "", "", ""],
])("the name %j", (name, underscores, dots, values) => {
  expect({
    utf8: escapeName(name, "allow-utf-8"),
    underscores: escapeName(name, "underscores"),
    dots: escapeName(name, "dots"),
    values: escapeName(name, "values"),
  }).toEqual({ utf8: name, underscores, dots, values });
});
