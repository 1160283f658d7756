import { expect, test } from "vitest";
import { powerLossImage, ReplayedFolder, type FileCall } from "./oplog.ts";
import { CALL, type CallKind } from "./shim.ts";

// The harness itself: what it says a crash may leave.

let number = 0;

function call(kind: CallKind, name: string, more: Partial<FileCall> = {}): FileCall {
  const data = more.data ?? Buffer.alloc(0);
  const made = { inode: name, offset: 0, bytes: data.length, data, newName: "", timeMs: 0 };
  return { kind: CALL[kind], name, number: ++number, ...made, ...more };
}

const write = (name: string, text: string, offset = 0): FileCall =>
  call("write", name, { data: Buffer.from(text), offset });

/** Everything that a sync had not made sure of is lost. */
const worst = (): number => 0;
/** Nothing is lost. */
const best = (): number => 0.3;

/** What is left, as text by name. */
function left(calls: readonly FileCall[], random = worst): Record<string, string> {
  const image = powerLossImage(calls, calls.length, random);
  return Object.fromEntries([...image].map(([name, bytes]) => [name, bytes.toString()]));
}

test("a killed process leaves all that it wrote", () => {
  const folder = new ReplayedFolder([
    call("create", "a"),
    write("a", "hello"),
    write("a", "J"),
    call("truncate", "a", { bytes: 3 }),
    call("create", "old"),
    call("unlink", "old"),
    call("rename", "a", { newName: "b" }),
  ]);
  folder.advance(3);
  expect(folder.image().get("a")?.toString()).toBe("Jello");
  folder.advance(7);
  expect([...folder.image()].map(([name, bytes]) => [name, bytes.toString()])).toEqual([["b", "Jel"]]);
});

test("lost power takes writes that were not synced", () => {
  const begun = [
    call("create", "a"),
    call("sync", ""),
    write("a", "one"),
    call("sync", "a"),
    write("a", "two", 3),
  ];
  expect(left(begun)).toEqual({ a: "one" });
  expect(left(begun, best)).toEqual({ a: "onetwo" });
});

test("lost power takes the name of a file whose directory was not synced", () => {
  const made = [call("create", "a"), write("a", "one"), call("sync", "a")];
  expect(left(made)).toEqual({});
  expect(left([...made, call("sync", "")])).toEqual({ a: "one" });
});

test("lost power undoes a renaming and a removal that were not synced", () => {
  const made = [
    call("create", "a"),
    call("create", "b"),
    write("a", "one"),
    write("b", "two"),
    call("sync", "a"),
    call("sync", "b"),
    call("sync", ""),
  ];
  const changed = [call("rename", "a", { newName: "c", inode: "a" }), call("unlink", "b")];
  expect(left([...made, ...changed])).toEqual({ a: "one", b: "two" });
  expect(left([...made, ...changed, call("sync", "")])).toEqual({ c: "one" });
});

test("the file of an earlier name is back when its successor's name is lost", () => {
  const made = [
    call("create", "a", { inode: "1" }),
    call("write", "a", { inode: "1", data: Buffer.from("one") }),
  ];
  const safe = [...made, call("sync", "a", { inode: "1" }), call("sync", "")];
  const again = [call("unlink", "a", { inode: "1" }), call("create", "a", { inode: "2" })];
  expect(left([...safe, ...again])).toEqual({ a: "one" });
});
