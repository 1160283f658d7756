import { expect, test } from "vitest";
import { unescapeLabelName } from "../../../src/api/label-name.ts";

test.each([
  ["job", "job"],
  ["U__a_2e_b", "a.b"],
  ["U__http_2e_status__code", "http.status_code"],
  ["U__a_20_b", "a b"],
  ["U___65e5_", "日"],
  ["U___1F600_", "😀"],
  ["U__", ""],
  ["U__a_", "U__a_"],
  ["U__a_zz_b", "U__a_zz_b"],
  ["U__a_d800_b", "U__a_d800_b"],
  ["U__a_110000_b", "U__a_110000_b"],
])("%s stands for the label %s", (escaped, name) => expect(unescapeLabelName(escaped)).toBe(name));
