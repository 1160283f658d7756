import { describe, expect, test } from "vitest";
import { createRig, evaluated, NOW_MS } from "../rig.ts";
import { ApiError } from "../../../../src/api/errors.ts";
import { labelsFromRecord, millis, NO_LABELS, type Matcher } from "../../../../src/model/index.ts";

const RANGE = "start=1793501940&end=1793502000";

function named(value: string): Matcher {
  return { kind: "=", name: "__name__", value };
}

function errorJson(error: string, errorType = "bad_data"): unknown {
  return { status: "error", errorType, error };
}

describe("an instant query", () => {
  test("is asked for with all its parameters", async () => {
    const { get, asked } = await createRig();
    await get("/query?query=up&time=4&limit=3&timeout=1m0s&lookback_delta=20s&stats=all&unknown=1");
    expect(asked.instant[0]).toMatchObject({
      query: "up",
      timeMs: 4000,
      options: { seriesMax: 3, timeoutMs: 60_000, lookbackMs: 20_000, stats: "per-step" },
    });
  });

  test("is at the present time without one, and bare otherwise", async () => {
    const { get, asked } = await createRig();
    await get("/query?query=up&time=");
    expect(asked.instant[0]).toMatchObject({ timeMs: NOW_MS });
    expect(asked.instant[0]!.options).toMatchObject({
      seriesMax: 0,
      timeoutMs: undefined,
      lookbackMs: undefined,
      stats: "none",
    });
  });

  test("takes the body before the query string and merges both", async () => {
    const { post, asked } = await createRig();
    await post("/query?query=1&time=7&stats=true", "query=up&match%5B%5D=x");
    expect(asked.instant[0]).toMatchObject({ query: "up", timeMs: 7000, options: { stats: "totals" } });
  });

  test("ignores bodies of other kinds", async () => {
    const { post, asked } = await createRig();
    await post("/query", '{"query":"up"}', { "content-type": "application/json" });
    expect(asked.instant[0]!.query).toBe("");
  });

  test("warns of an unknown stats value", async () => {
    const { get } = await createRig();
    expect(JSON.parse((await get("/query?query=1&stats=1")).text)).toMatchObject({
      warnings: [
        'value "1" for parameter "stats" is deprecated and will be rejected in the next major release, ' +
          'use "true" or "all"',
      ],
    });
  });

  test.each([
    ["limit=-2", 'invalid parameter "limit": limit must be non-negative'],
    ["limit=q", 'invalid parameter "limit": strconv.Atoi: parsing "q": invalid syntax'],
    [
      "limit=99999999999999999999",
      'invalid parameter "limit": strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    [
      "time=yesterday",
      `invalid parameter "time": invalid time value for 'time': cannot parse "yesterday" to a valid timestamp`,
    ],
    ["timeout=soon", 'invalid parameter "timeout": cannot parse "soon" to a valid duration'],
    ["timeout=-30s", 'invalid parameter "timeout": cannot parse "-30s" to a valid duration'],
    ["lookback_delta=x", 'error parsing lookback delta duration: cannot parse "x" to a valid duration'],
  ])("with %s is refused", async (parameter, error) => {
    const { get, asked } = await createRig();
    const { status, text } = await get(`/query?query=up&${parameter}`);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual(errorJson(error));
    expect(asked.instant).toEqual([]);
  });

  test.each([
    ["bad_data", 400, 'invalid parameter "query": no'],
    ["execution", 422, "no"],
    ["timeout", 503, "no"],
    ["canceled", 499, "no"],
    ["internal", 500, "no"],
  ] as const)("that fails with %s is a %s", async (errorType, status, error) => {
    const { get, answers } = await createRig();
    answers.query = () => {
      throw new ApiError(errorType, "no");
    };
    const reply = await get("/query?query=up");
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toEqual(errorJson(error, errorType));
  });
});

describe("a range query", () => {
  test.each([
    ["15", 15_000],
    ["15.5", 15_500],
    ["500ms", 500],
    ["1m0s", 60_000],
    ["1y", 31_536_000_000],
  ])("with step %s is asked for", async (step, stepMs) => {
    const { get, asked } = await createRig();
    await get(`/query_range?query=up&${RANGE}&step=${step}`);
    expect(asked.range[0]).toMatchObject({
      query: "up",
      startMs: 1_793_501_940_000,
      endMs: 1_793_502_000_000,
      stepMs,
    });
  });

  test("may have 11,001 points but no more", async () => {
    const { get, answers } = await createRig();
    answers.query = () => evaluated("1");
    expect((await get("/query_range?query=x&start=0&end=11000&step=1")).status).toBe(200);
    const { status, text } = await get("/query_range?query=x&start=0&end=11001&step=1");
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual(
      errorJson(
        "exceeded maximum resolution of 11,000 points per timeseries. " +
          "Try decreasing the query resolution (?step=XX)",
      ),
    );
  });

  const STEP_TEXT =
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. ' +
    "Try a positive integer";
  test.each([
    [`${RANGE}&step=x`, 'invalid parameter "step": cannot parse "x" to a valid duration'],
    [RANGE, 'invalid parameter "step": cannot parse "" to a valid duration'],
    [`${RANGE}&step=0`, STEP_TEXT],
    [`${RANGE}&step=-1`, STEP_TEXT],
    [`${RANGE}&step=0.0001`, STEP_TEXT],
    ["end=1&step=1", 'invalid parameter "start": cannot parse "" to a valid timestamp'],
    ["start=a&end=1&step=1", 'invalid parameter "start": cannot parse "a" to a valid timestamp'],
    ["start=1&end=b&step=1", 'invalid parameter "end": cannot parse "b" to a valid timestamp'],
    ["start=2&end=1&step=1", 'invalid parameter "end": end timestamp must not be before start time'],
    ["limit=q&start=a", 'invalid parameter "limit": strconv.Atoi: parsing "q": invalid syntax'],
  ])("with %s is refused", async (parameters, error) => {
    const { get } = await createRig();
    const { status, text } = await get(`/query_range?query=up&${parameters}`);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual(errorJson(error));
  });
});

describe("exemplars", () => {
  test.each(["query=test&start=1795329000000&end=1795332600000", "query=sum(rate(x[5m]))"])(
    "for %s are none",
    async (form) => {
      const { post } = await createRig();
      const { status, text } = await post("/query_exemplars", form);
      expect([status, text]).toEqual([200, '{"status":"success","data":[]}']);
    },
  );

  test("of all selectors of an expression are asked for and written", async () => {
    const { get, asked, answers } = await createRig();
    const time = millis(1_795_330_786_765);
    const exemplar = { labels: labelsFromRecord({ trace_id: "<1>" }), value: 0.5, time, hasOwnTime: true };
    answers.exemplars = [
      {
        labels: labelsFromRecord({ __name__: "a", job: "x" }),
        exemplars: [exemplar, { ...exemplar, labels: NO_LABELS, value: Infinity, time: millis(-1500) }],
      },
      { labels: labelsFromRecord({ __name__: "b" }), exemplars: [{ ...exemplar, time: millis(3000) }] },
    ];
    const query = encodeURIComponent('rate(a{job="x"}[5m]) / b');
    const { text } = await get(`/query_exemplars?query=${query}&start=1.5&end=20`);
    expect(text).toBe(
      '{"status":"success","data":[{"seriesLabels":{"__name__":"a","job":"x"},"exemplars":[' +
        '{"labels":{"trace_id":"<1>"},"value":"0.5","timestamp":1795330786.765},' +
        '{"labels":{},"value":"+Inf","timestamp":-1.500}]},' +
        '{"seriesLabels":{"__name__":"b"},"exemplars":[{"labels":{"trace_id":"<1>"},"value":"0.5","timestamp":3}]}]}',
    );
    expect(asked.exemplars).toEqual([
      {
        matcherSets: [[{ kind: "=", name: "job", value: "x" }, named("a")], [named("b")]],
        from: 1500,
        to: 20_000,
      },
    ]);
  });

  test("for an expression without selectors have no content", async () => {
    const { get } = await createRig();
    expect((await get("/query_exemplars?query=1")).status).toBe(204);
  });

  test.each([
    ["query=up&start=2&end=1", "end timestamp must not be before start timestamp"],
    ["start=1", "unknown position: parse error: no expression found in input"],
    [
      "query=1&start=x",
      `invalid parameter "start": invalid time value for 'start': cannot parse "x" to a valid timestamp`,
    ],
  ])("with %s are refused", async (parameters, error) => {
    const { get } = await createRig();
    const { status, text } = await get(`/query_exemplars?${parameters}`);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual(errorJson(error));
  });
});

describe("an expression", () => {
  test("is formatted", async () => {
    const { get } = await createRig();
    expect((await get("/format_query?query=foo%2Fbar")).text).toBe('{"status":"success","data":"foo / bar"}');
  });

  test("is shown as a tree with sorted keys", async () => {
    const { get } = await createRig();
    const { text } = await get("/parse_query?query=1%2B2");
    expect(text).toBe(
      '{"status":"success","data":{"bool":false,"lhs":{"type":"numberLiteral","val":"1"},"matching":null,' +
        '"op":"+","rhs":{"type":"numberLiteral","val":"2"},"type":"binaryExpr"}}',
    );
  });

  test.each(["/format_query", "/parse_query"])("that is none is refused by %s", async (path) => {
    const { get } = await createRig();
    const { status, text } = await get(`${path}?query=sum(`);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual(
      errorJson('invalid parameter "query": 1:5: parse error: unclosed left parenthesis'),
    );
  });
});
