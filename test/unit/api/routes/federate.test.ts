import { expect, test } from "vitest";
import { createRig } from "../rig.ts";

test("selectors and the wanted format are handed on, the answer sent with its type", async () => {
  const { get, asked } = await createRig();
  const path = '//federate?match[]=up&match[]={job="a"}';
  const { status, headers, text } = await get(path, { accept: "text/plain" });
  expect([status, headers["content-type"], text]).toEqual([
    200,
    "text/plain; made-up",
    "# TYPE up untyped\nup 1 1000\n",
  ]);
  expect(asked.federated).toEqual([
    {
      accept: "text/plain",
      matcherSets: [[{ kind: "=", name: "__name__", value: "up" }], [{ kind: "=", name: "job", value: "a" }]],
    },
  ]);
});

test("a selector that matches the empty value is taken, other than elsewhere", async () => {
  const { get, asked } = await createRig();
  expect((await get('//federate?match[]={a=""}&match[]={}')).status).toBe(200);
  expect(asked.federated[0]!.matcherSets).toEqual([[{ kind: "=", name: "a", value: "" }], []]);
});

test("a bad selector is told in plain text", async () => {
  const { get } = await createRig();
  const { status, headers, text } = await get("//federate?match[]=x{");
  expect([status, headers["content-type"], text]).toEqual([
    400,
    "text/plain; charset=utf-8",
    "1:3: parse error: unexpected end of input inside braces\n",
  ]);
});

test("a bad escape is told", async () => {
  const { get } = await createRig();
  const { status, text } = await get("//federate?match[]=%zz");
  expect([status, text]).toEqual([400, 'error parsing form values: invalid URL escape "%zz"\n']);
});

test("a large answer comes in chunks, compressed where that is taken", async () => {
  const { get, answers } = await createRig();
  answers.federation = function* () {
    for (let i = 0; i < 5; i++) yield Buffer.from(`m ${i} 1000\n`);
  };
  const plain = await get("//federate?match[]=m");
  expect(plain.text).toBe("m 0 1000\nm 1 1000\nm 2 1000\nm 3 1000\nm 4 1000\n");
  const { headers } = await get("//federate?match[]=m", { "accept-encoding": "gzip" });
  expect(headers["content-encoding"]).toBe("gzip");
});
