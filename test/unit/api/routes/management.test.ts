import { describe, expect, test } from "vitest";
import { createRig } from "../rig.ts";

const TEXT = "text/plain; charset=utf-8";

test.each([
  ["//-/healthy", "Prometheus Server is Healthy.\n"],
  ["//-/ready", "Prometheus Server is Ready.\n"],
])("GET and HEAD %s answer", async (path, expected) => {
  const { get, send } = await createRig();
  const { status, headers, text } = await get(path);
  expect([status, headers["content-type"], text]).toEqual([200, TEXT, expected]);
  const head = await send("HEAD", path);
  expect([head.status, head.text]).toEqual([200, ""]);
});

describe("the lifecycle", () => {
  test.each(["reload", "quit"])("%s is off by default", async (name) => {
    const { post, get, asked } = await createRig();
    const { status, text } = await post(`//-/${name}`);
    expect([status, text]).toEqual([403, "Lifecycle API is not enabled."]);
    const wrong = await get(`//-/${name}`);
    expect([wrong.status, wrong.text]).toEqual([405, "Only POST or PUT requests allowed"]);
    expect(asked.control).toEqual([]);
  });

  test("reload answers when it is done", async () => {
    const { post, send, asked } = await createRig({ enableLifecycle: true });
    const { status, text } = await post("//-/reload");
    expect([status, text]).toEqual([200, ""]);
    expect((await send("PUT", "//-/reload")).status).toBe(200);
    expect(asked.control).toEqual(["reload", "reload"]);
  });

  test("a failed reload tells why", async () => {
    const { post, answers } = await createRig({ enableLifecycle: true });
    answers.reload = () => Promise.reject(new Error("prometheus.yml:1:1: no"));
    const { status, text } = await post("//-/reload");
    expect([status, text]).toEqual([500, "failed to reload config: prometheus.yml:1:1: no\n"]);
  });

  test("quit happens once", async () => {
    const { post, asked } = await createRig({ enableLifecycle: true });
    expect((await post("//-/quit")).text).toBe("Requesting termination... Goodbye!");
    expect((await post("//-/quit")).text).toBe("Termination already in progress.");
    expect(asked.control).toEqual(["quit"]);
  });
});

test("the page is plain, escaped and allows no foreign code", async () => {
  const { get } = await createRig();
  const { status, headers, text } = await get("//query");
  expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(text).toContain("<title>Narthex &lt;test></title>");
  expect(headers["content-security-policy"]).toContain("script-src 'self'");
  expect((await get("//assets/query.js")).headers["content-type"]).toBe("text/javascript; charset=utf-8");
});
