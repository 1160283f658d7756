import { expect, test } from "vitest";
import { createRig } from "../rig.ts";

const HEADERS = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };

test("a request is handed on and its answer sent as it is", async () => {
  const { post, asked } = await createRig();
  const { status, text, headers } = await post("/read", "\u0000abc", {
    ...HEADERS,
    "accept-encoding": "gzip",
  });
  expect([status, text]).toEqual([200, "samples"]);
  expect(headers).toMatchObject({ "content-type": "application/x-protobuf", "content-encoding": "snappy" });
  expect(asked.reads).toEqual([Buffer.from("\u0000abc")]);
});

test.each([
  ["refused", 400],
  ["failed", 500],
] as const)("what is %s is a %s with the text", async (kind, expected) => {
  const { post, answers } = await createRig();
  answers.read = { kind, text: "why not" };
  const { status, headers, text } = await post("/read", "x", HEADERS);
  expect([status, text]).toEqual([expected, "why not\n"]);
  expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
});

test("only POST reads", async () => {
  const { get } = await createRig();
  const { status, headers, text } = await get("/read");
  expect([status, headers["allow"], text]).toEqual([405, "OPTIONS, POST", "Method Not Allowed\n"]);
});

test("nothing is read before the data are there", async () => {
  const { post } = await createRig({}, false);
  expect((await post("/read", "x", HEADERS)).status).toBe(503);
});
