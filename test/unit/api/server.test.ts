import { gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRig, evaluated } from "./rig.ts";

describe("success", () => {
  test("comes in the envelope, as JSON without a charset, and varies by origin", async () => {
    const { get } = await createRig();
    const { status, headers, text } = await get("/labels");
    expect([status, text]).toEqual([200, '{"status":"success","data":[]}']);
    expect(headers).toMatchObject({ "content-type": "application/json", vary: "Origin" });
  });

  test("has warnings and infos only when there are some", async () => {
    const { get, answers } = await createRig();
    answers.query = () => evaluated("1", ["a<b"], ["i"]);
    expect((await get("/query?query=x")).text).toBe(
      String.raw`{"status":"success","data":1,"warnings":["a\u003cb"],"infos":["i"]}`,
    );
  });

  test("in chunks is sent as one stream", async () => {
    const { get, answers } = await createRig();
    const chunks = Array.from({ length: 50 }, (_, i) => Buffer.from(`${"x".repeat(20_000)}${i},`));
    const data = { first: Buffer.from('"'), rest: [...chunks, Buffer.from('"')] };
    answers.query = () => ({ ...evaluated(""), data, warnings: ["w"] });
    const expected = `{"status":"success","data":"${chunks.join("")}","warnings":["w"]}`;
    expect((await get("/query?query=x")).text).toBe(expected);
    const zipped = await get("/query?query=x", { "accept-encoding": "gzip" });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(zipped.bytes).toString()).toBe(expected);
  });
});

describe("compression follows the first known encoding", () => {
  test.each([
    ["gzip", "gzip", gunzipSync],
    ["gzip, deflate, br, zstd", "gzip", gunzipSync],
    ["br, deflate, gzip", "deflate", inflateSync],
  ])("%s", async (accepted, encoding, unpack) => {
    const { get } = await createRig();
    const { headers, bytes } = await get("/labels", { "accept-encoding": accepted });
    expect(headers["content-encoding"]).toBe(encoding);
    expect(unpack(bytes).toString()).toBe('{"status":"success","data":[]}');
  });

  test("also for errors", async () => {
    const { get } = await createRig();
    const { status, headers, bytes } = await get("/query_range", { "accept-encoding": "gzip" });
    expect([status, headers["content-encoding"], headers["content-type"]]).toEqual([
      400,
      "gzip",
      "application/json",
    ]);
    expect(JSON.parse(gunzipSync(bytes).toString())).toMatchObject({ errorType: "bad_data" });
  });

  test.each(["identity", "br, zstd", "gzip;q=1"])("%s: none", async (accepted) => {
    const { get } = await createRig();
    const { headers, text } = await get("/labels", { "accept-encoding": accepted });
    expect(headers["content-encoding"]).toBeUndefined();
    expect(text).toBe('{"status":"success","data":[]}');
  });
});

describe("other methods", () => {
  test.each([
    ["DELETE", "/query", "GET, OPTIONS, POST"],
    ["HEAD", "/query", "GET, OPTIONS, POST"],
    ["POST", "/rules", "GET, OPTIONS"],
    ["POST", "/label/job/values", "GET, OPTIONS"],
    ["GET", "/write", "OPTIONS, POST"],
    ["GET", "/admin/tsdb/snapshot", "OPTIONS, POST, PUT"],
    ["POST", "//-/healthy", "GET, HEAD, OPTIONS"],
    ["POST", "//metrics", "GET, OPTIONS"],
    ["DELETE", "//-/reload", "GET, OPTIONS, POST, PUT"],
  ] as const)("%s %s is answered with what is allowed", async (method, path, allow) => {
    const { send } = await createRig();
    const { status, headers, text } = await send(method, path);
    expect([status, headers["allow"]]).toEqual([405, allow]);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(text).toBe(method === "HEAD" ? "" : "Method Not Allowed\n");
  });

  test("OPTIONS elsewhere tells what is allowed", async () => {
    const { send } = await createRig();
    const { status, headers, text } = await send("OPTIONS", "//federate");
    expect([status, headers["allow"], text]).toEqual([200, "GET, OPTIONS", ""]);
  });

  test("OPTIONS on any API path is 204", async () => {
    const { send } = await createRig();
    const { status, headers } = await send("OPTIONS", "/anything/at/all");
    expect([status, headers["vary"]]).toEqual([204, "Origin"]);
  });
});

describe("unknown paths", () => {
  test.each([
    ["/nothere", 404, undefined],
    ["/", 404, undefined],
    ["//nothere", 404, undefined],
    ["//api/v1", 301, "/api/v1/"],
    ["/query/?query=1&time=2", 301, "/query?query=1&time=2"],
    ["/label//values?start=1", 301, "/api/v1/label/values?start=1"],
    ["//-/healthy/", 301, "/-/healthy"],
    ["//federate/?match[]=up", 301, "/federate?match[]=up"],
    ["//", 302, "/query"],
    ["//graph?g0.expr=1", 302, "/query?g0.expr=1"],
    ["//graph", 302, "/query?"],
  ])("%s: %s %s", async (path, status, location) => {
    const { get } = await createRig();
    const answer = await get(path);
    expect([answer.status, answer.headers["location"]]).toEqual([status, location]);
  });

  test("are told in a line of text", async () => {
    const { get } = await createRig();
    const { headers, text } = await get("/nothere");
    expect([headers["content-type"], text]).toEqual(["text/plain; charset=utf-8", "404 page not found\n"]);
  });

  test("a redirect shows its target without reflecting markup", async () => {
    const { get } = await createRig();
    const { text } = await get("/label//values?a=1&b=<i>");
    expect(text).toBe('<a href="/api/v1/label/values?a=1&amp;b=%3Ci%3E">Moved Permanently</a>.\n\n');
  });
});

describe("other origins", () => {
  test("may read: their origin is echoed", async () => {
    const { get } = await createRig();
    const { headers } = await get("/labels", { origin: "http://ui.test" });
    expect(headers["access-control-allow-origin"]).toBe("http://ui.test");
    expect(headers["access-control-expose-headers"]).toBe("Date");
  });

  test("may not read when the pattern does not match, but are served", async () => {
    const { get } = await createRig({ corsOrigin: "https://ok" });
    const { status, headers } = await get("/labels", { origin: "http://ui.test" });
    expect([status, headers["access-control-allow-origin"]]).toEqual([200, undefined]);
  });

  test.each(["/admin/tsdb/clean_tombstones", "/write", "//-/reload", "//-/quit"])(
    "may not change state through %s",
    async (path) => {
      const { post, asked } = await createRig({ enableAdminApi: true, enableLifecycle: true });
      const { status, headers } = await post(path, "", { origin: "http://evil", host: "mon" });
      expect([status, headers["access-control-allow-origin"]]).toEqual([403, undefined]);
      expect([...asked.admin, ...asked.control, ...asked.writes]).toEqual([]);
    },
  );
});

describe("while there are no data", () => {
  test.each(["/query?query=1", "/status/config", "//-/ready", "/status/tsdb"])("%s is 503", async (path) => {
    const { get } = await createRig({}, false);
    const { status, headers, text } = await get(path);
    expect([status, text]).toEqual([503, "Service Unavailable"]);
    expect(headers["x-prometheus-stopping"]).toBe("false");
  });

  test.each(["//-/healthy", "//metrics", "//version", "/status/walreplay", "/notifications", "//query"])(
    "%s answers",
    async (path) => {
      const { get } = await createRig({}, false);
      expect((await get(path)).status).toBe(200);
    },
  );

  test("a stopping server says so", async () => {
    const { get, server } = await createRig();
    server.beginStop();
    const { status, headers } = await get("//-/ready");
    expect([status, headers["x-prometheus-stopping"]]).toEqual([503, "true"]);
    expect((await get("/notifications")).text).toContain("shutting down");
  });
});

describe("a failure that is nobody's fault outside", () => {
  test("is 500 internal in the envelope", async () => {
    const { get, answers } = await createRig();
    answers.query = () => {
      throw new Error("out of <luck>");
    };
    const { status, text } = await get("/query?query=x");
    expect(status).toBe(500);
    expect(text).toBe(
      String.raw`{"status":"error","errorType":"internal","error":"out of \u003cluck\u003e"}`,
    );
  });
});

test("a body beyond the limit is refused before it is read", async () => {
  const { post } = await createRig();
  const { status, text } = await post("/query", "x".repeat(10 * 1024 * 1024 + 1));
  expect(status).toBe(413);
  expect(text).toMatch(/too large/);
});

test("all routes move below the prefix", async () => {
  const { get } = await createRig({ routePrefix: "/sub/mon" });
  expect((await get("//sub/mon/api/v1/labels")).status).toBe(200);
  expect((await get("//sub/mon/-/healthy")).status).toBe(200);
  expect((await get("//api/v1/labels")).status).toBe(404);
  expect((await get("//")).headers["location"]).toBe("/sub/mon");
  expect((await get("//sub/mon")).headers["location"]).toBe("/sub/mon/");
  expect((await get("//sub/mon/")).headers["location"]).toBe("/sub/mon/query");
  expect((await get("//sub/mon/query")).text).toContain('src="/sub/mon/assets/query.js"');
});

test("a path with a bad escape is refused before it is looked up", async () => {
  const { get } = await createRig();
  const { status, headers, text } = await get("/label/a%zz/values");
  expect([status, headers["content-type"], text]).toEqual([
    400,
    "text/plain; charset=utf-8",
    "400 Bad Request",
  ]);
});
