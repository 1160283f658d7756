import { describe, expect, test } from "vitest";
import { checkUrl, hidePassword } from "../../../src/config/url.ts";

describe("URLs are refused for what Go's parser refuses", () => {
  test.each([
    ["http://a.example/x?y=z#w", undefined],
    ["not-a-url", undefined],
    ["", undefined],
    ["localhost:1234/x", undefined],
    ["http://[::1]:9090/x", undefined],
    ["http://u:p@h:1/x%20y", undefined],
    ["/only/path", undefined],
    ["http:///x", undefined],
    ["http://a/b c", undefined],
    [":bad", "missing protocol scheme"],
    ["1x:y/z", "first path segment in URL cannot contain colon"],
    ["http://[::1", "missing ']' in host"],
    ["http://a b/", 'invalid character " " in host name'],
    ["http://a:x/", 'invalid port ":x" after host'],
    ["http://[::1]x/", 'invalid port "x" after host'],
    ["http://a/%zz", 'invalid URL escape "%zz"'],
    ["http://a/\u0001", "net/url: invalid control character in URL"],
    ["http://u ser@h/", "net/url: invalid userinfo"],
  ])("%j", (text, expected) => {
    expect(checkUrl(text)).toBe(expected);
  });
});

describe("passwords in URLs are hidden", () => {
  test.each([
    ["http://u:secret@h/x", "http://u:xxxxx@h/x"],
    ["http://u:a:b@h/x", "http://u:xxxxx@h/x"],
    ["http://u:p@ss@h/x", "http://u:xxxxx@h/x"],
    ["http://u@h/x", "http://u@h/x"],
    ["http://h:80/a:b@c", "http://h:80/a:b@c"],
    ["http://h/?q=u:p@x", "http://h/?q=u:p@x"],
    ["not-a-url", "not-a-url"],
  ])("%s", (text, expected) => {
    expect(hidePassword(text)).toBe(expected);
  });
});
