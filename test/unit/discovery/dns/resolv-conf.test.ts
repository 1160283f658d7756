import { expect, test } from "vitest";
import { candidateNames, parseResolvConf } from "../../../../src/discovery/dns/resolv-conf.ts";

const TEXT = `# by the container engine
nameserver 127.0.0.11
nameserver fe80::1
search corp.example. lab.example ; trailing comment
options edns0 ndots:2 trust-ad
`;

test("reads servers, search list and ndots, and passes over the rest", () => {
  expect(parseResolvConf(TEXT)).toEqual({
    servers: [
      { address: "127.0.0.11", port: 53 },
      { address: "fe80::1", port: 53 },
    ],
    search: ["corp.example", "lab.example"],
    ndots: 2,
  });
});

test("an empty file means the server on this machine, as in every resolver", () => {
  expect(parseResolvConf("")).toEqual({
    servers: [{ address: "127.0.0.1", port: 53 }],
    search: [],
    ndots: 1,
  });
});

test.each([
  ["accesslog", ["accesslog.corp.example", "accesslog.lab.example", "accesslog"]],
  ["a.b", ["a.b.corp.example", "a.b.lab.example", "a.b"]],
  ["a.b.c", ["a.b.c", "a.b.c.corp.example", "a.b.c.lab.example"]],
  ["accesslog.", ["accesslog"]],
])("candidates for %s follow ndots and the search list", (name, expected) => {
  expect(candidateNames(name, parseResolvConf(TEXT))).toEqual(expected);
});
