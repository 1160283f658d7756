import { expect, test } from "vitest";
import { createRig } from "../rig.ts";

const HEADERS = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };

test("a request is handed on with its form and bytes", async () => {
  const { post, asked } = await createRig();
  const { status, text } = await post("/write", "\u0000abc", HEADERS);
  expect([status, text]).toEqual([204, ""]);
  expect(asked.writes).toEqual([
    { contentType: "application/x-protobuf", contentEncoding: "snappy", body: Buffer.from("\u0000abc") },
  ]);
});

test.each([
  ["unsupported", 415],
  ["refused", 400],
  ["failed", 500],
] as const)("what is %s is a %s with the text", async (kind, expected) => {
  const { post, answers } = await createRig();
  answers.write = { kind, text: "why not" };
  const { status, headers, text } = await post("/write", "x", HEADERS);
  expect([status, text]).toEqual([expected, "why not\n"]);
  expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
});

test("the receiver is off unless enabled", async () => {
  const { post, asked } = await createRig({ enableRemoteWriteReceiver: false });
  const { status, text } = await post("/write", "x", HEADERS);
  expect(status).toBe(404);
  expect(text).toBe("remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n");
  expect(asked.writes).toEqual([]);
});

test("a body may be as large as 32 MiB and no larger", async () => {
  const { post } = await createRig();
  expect((await post("/write", "x".repeat(32 * 1024 * 1024), HEADERS)).status).toBe(204);
  expect((await post("/write", "x".repeat(32 * 1024 * 1024 + 1), HEADERS)).status).toBe(413);
});
