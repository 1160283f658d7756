import { describe, expect, test } from "vitest";
import { createRig } from "../rig.ts";

const ALL = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

test.each(["delete_series", "clean_tombstones", "snapshot"])("%s is off by default", async (name) => {
  const { post, asked } = await createRig();
  const { status, text } = await post(`/admin/tsdb/${name}?match[]=x`);
  expect(status).toBe(500);
  expect(text).toBe('{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}');
  expect(asked.admin).toEqual([]);
});

describe("when enabled", () => {
  test("series are deleted by selector and time", async () => {
    const { post, send, asked } = await createRig({ enableAdminApi: true });
    expect((await post("/admin/tsdb/delete_series?match[]=x&start=1&end=2")).status).toBe(204);
    expect((await send("PUT", '/admin/tsdb/delete_series?match[]={a=""}&match[]={}')).status).toBe(204);
    expect(asked.admin).toEqual([
      ["delete", [[{ name: "__name__", kind: "=", value: "x" }]], 1000, 2000],
      ["delete", [[{ name: "a", kind: "=", value: "" }]], ...ALL],
    ]);
  });

  test("a selector is required", async () => {
    const { post } = await createRig({ enableAdminApi: true });
    const { status, text } = await post("/admin/tsdb/delete_series");
    expect(status).toBe(400);
    expect(text).toContain('"error":"no match[] parameter provided"');
  });

  test("tombstones are cleaned", async () => {
    const { post, asked } = await createRig({ enableAdminApi: true });
    const { status, headers } = await post("/admin/tsdb/clean_tombstones");
    expect([status, headers["vary"]]).toEqual([204, "Origin"]);
    expect(asked.admin).toEqual([["clean"]]);
  });

  test.each([
    ["", false],
    ["?skip_head=true", true],
    ["?skip_head=0", false],
  ])("a snapshot%s is made", async (parameters, skipHead) => {
    const { post, asked } = await createRig({ enableAdminApi: true });
    const { text } = await post(`/admin/tsdb/snapshot${parameters}`);
    expect(text).toBe('{"status":"success","data":{"name":"20261122T070104Z-31cc99fc7ee18250"}}');
    expect(asked.admin).toEqual([["snapshot", { skipHead }]]);
  });

  test("a snapshot with a bad switch is refused", async () => {
    const { post } = await createRig({ enableAdminApi: true });
    const { status, text } = await post("/admin/tsdb/snapshot?skip_head=x");
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error:
        'invalid parameter "skip_head": unable to parse boolean: strconv.ParseBool: parsing "x": invalid syntax',
    });
  });
});
