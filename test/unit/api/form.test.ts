import { expect, test } from "vitest";
import { formValue, formValues, parseForm, percentBytes } from "../../../src/api/form.ts";

test.each([
  ["query=up&time=1", "query", ["up"]],
  ["match[]=a&match%5B%5D=b", "match[]", ["a", "b"]],
  ["query=a+b%2Bc", "query", ["a b+c"]],
  ["query=%C3%A9%E6%97%A5", "query", ["é日"]],
  ["query=a=b", "query", ["a=b"]],
  ["query", "query", [""]],
  ["&&query=x&", "query", ["x"]],
  ["__proto__=x", "__proto__", ["x"]],
  ["query=%ff", "query", ["\ufffd"]],
])("%s has %s = %j", (text, name, expected) => {
  expect(formValues(parseForm(text), name)).toEqual(expected);
});

test("values of the body come before those of the query string", () => {
  const form = parseForm("query=body", "query=url&time=5");
  expect(formValue(form, "query")).toBe("body");
  expect(formValues(form, "query")).toEqual(["body", "url"]);
  expect(formValue(form, "time")).toBe("5");
  expect(formValue(form, "nothing")).toBe("");
});

test.each([
  ["query=%zz&x=1", 'invalid URL escape "%zz"'],
  ["query=50%&x=1", 'invalid URL escape "%"'],
  ["query=a;b&x=1", "invalid semicolon separator in query"],
])("%s loses the bad pair and tells why", (text, problem) => {
  const form = parseForm(text);
  expect(form.problem).toBe(problem);
  expect([...form.values.keys()]).toEqual(["x"]);
});

test("a percent-encoded text is decoded to its bytes", () => {
  expect([...percentBytes("a%ffb%00")]).toEqual([0x61, 0xff, 0x62, 0]);
});
