import { describe, expect, test } from "vitest";
import { createRig, type Answered } from "../rig.ts";
import { labelsFromRecord } from "../../../../src/model/index.ts";

const EARLIEST = Number.MIN_SAFE_INTEGER;
const LATEST = Number.MAX_SAFE_INTEGER;
const TRUNCATED = ["results truncated due to limit"];

function jsonOf({ text }: Answered): unknown {
  return JSON.parse(text);
}

describe("series", () => {
  test("of one selector come in the store's order, for all time by default", async () => {
    const { get, asked, answers } = await createRig();
    answers.series = [{ a: "2" }, { a: "1" }].map((record) => labelsFromRecord(record));
    expect(jsonOf(await get("/series?match[]=up"))).toEqual({
      status: "success",
      data: [{ a: "2" }, { a: "1" }],
    });
    expect(asked.lookups).toEqual([
      {
        what: "series",
        from: EARLIEST,
        to: LATEST,
        matchers: [{ name: "__name__", kind: "=", value: "up" }],
      },
    ]);
  });

  test("of several selectors are sorted and each is there once", async () => {
    const { post, asked, answers } = await createRig();
    answers.series = [{ a: "2" }, { a: "1" }].map((record) => labelsFromRecord(record));
    const answer = await post("/series", "match[]=x&match[]=y&start=1&end=2.5");
    expect(jsonOf(answer)).toEqual({ status: "success", data: [{ a: "1" }, { a: "2" }] });
    expect(asked.lookups.map(({ from, to }) => [from, to])).toEqual([
      [1000, 2500],
      [1000, 2500],
    ]);
  });

  test("of a range that ends before it starts are none", async () => {
    const { get, asked } = await createRig();
    expect(jsonOf(await get("/series?match[]=up&start=2&end=1"))).toEqual({ status: "success", data: [] });
    expect(asked.lookups).toEqual([]);
  });

  test("are cut at the limit with a warning", async () => {
    const { get, answers } = await createRig();
    answers.series = [{ a: "1" }, { a: "2" }].map((record) => labelsFromRecord(record));
    expect(jsonOf(await get("/series?match[]=x&limit=1"))).toEqual({
      status: "success",
      data: [{ a: "1" }],
      warnings: TRUNCATED,
    });
    expect(jsonOf(await get("/series?match[]=x&limit=2"))).not.toHaveProperty("warnings");
  });

  test.each([
    ["", "no match[] parameter provided"],
    ["match[]=%zz", 'error parsing form values: invalid URL escape "%zz"'],
    ["match[]={}", 'invalid parameter "match[]": match[] must contain at least one non-empty matcher'],
    [
      'match[]={job=~".*"}',
      'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
    ],
    ["match[]=up{", 'invalid parameter "match[]": 1:4: parse error: unexpected end of input inside braces'],
    ["match[]=up&limit=-1", 'invalid parameter "limit": limit must be non-negative'],
    [
      "match[]=up&start=x",
      `invalid parameter "start": invalid time value for 'start': cannot parse "x" to a valid timestamp`,
    ],
  ])("with %s are refused", async (parameters, error) => {
    const { get } = await createRig();
    const answer = await get(`/series?${parameters}`);
    expect(answer.status).toBe(400);
    expect(jsonOf(answer)).toEqual({ status: "error", errorType: "bad_data", error });
  });

  test("cannot be dropped here", async () => {
    const { send } = await createRig();
    const answer = await send("DELETE", "/series?match[]=up");
    expect(answer.status).toBe(500);
    expect(jsonOf(answer)).toEqual({ status: "error", errorType: "internal", error: "not implemented" });
  });
});

describe("label names", () => {
  test("of several selectors are merged and sorted by bytes", async () => {
    const { get, asked, answers } = await createRig();
    answers.texts = ["b", "a", "<"];
    expect((await get("/labels?match[]=x&match[]=y")).text).toBe(
      String.raw`{"status":"success","data":["\u003c","a","b"]}`,
    );
    expect(asked.lookups).toHaveLength(2);
  });

  test("without a selector come from one look-up of everything", async () => {
    const { get, asked } = await createRig();
    await get("/labels?limit=40000");
    expect(asked.lookups).toEqual([{ what: "names", matchers: [], from: EARLIEST, to: LATEST }]);
  });

  test("are refused for a selector that selects everything, without naming the parameter", async () => {
    const { get } = await createRig();
    expect(jsonOf(await get("/labels?match[]={}"))).toMatchObject({
      error: "match[] must contain at least one non-empty matcher",
    });
  });
});

describe("label values", () => {
  test.each([
    ["job", "job"],
    ["U__a_2e_b", "a.b"],
    ["%E4%BD%8D%E7%BD%AE", "位置"],
    ["label%20with%20spaces", "label with spaces"],
    ["bad-name", "bad-name"],
    [`l${"o".repeat(4000)}ng`, `l${"o".repeat(4000)}ng`],
  ])("of %s are looked up", async (segment, name) => {
    const { get, asked, answers } = await createRig();
    answers.texts = ["x", "y"];
    expect(jsonOf(await get(`/label/${segment}/values?limit=1`))).toEqual({
      status: "success",
      data: ["x"],
      warnings: TRUNCATED,
    });
    expect(asked.lookups[0]!.what).toBe(`values of ${name}`);
  });

  test("are asked for up to one more than the limit", async () => {
    const { get, asked } = await createRig();
    await get("/label/job/values?limit=3");
    await get("/label/job/values");
    expect(asked.lookups.map(({ limit }) => limit)).toEqual([4, undefined]);
  });

  test("of a name that is no UTF-8 are refused", async () => {
    const { get } = await createRig();
    const answer = await get("/label/a%ff/values");
    expect(answer.status).toBe(400);
    expect(jsonOf(answer)).toEqual({
      status: "error",
      errorType: "bad_data",
      error: String.raw`invalid label name: "a\xff"`,
    });
  });
});
