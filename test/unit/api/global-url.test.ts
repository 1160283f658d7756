import { expect, test } from "vitest";
import { globalUrl } from "../../../src/api/global-url.ts";

const EXTERNAL = { scheme: "https", host: "mon.example:8443" };

test.each([
  ["http://127.0.0.1:9090/metrics", "https://mon.example:8443/metrics"],
  ["http://localhost:9100/metrics?x=1", "http://mon.example:9100/metrics?x=1"],
  ["http://[::1]:9100/metrics", "http://mon.example:9100/metrics"],
  ["http://localhost/metrics", "http://mon.example/metrics"],
  ["http://10.0.0.1:9090/metrics", "http://10.0.0.1:9090/metrics"],
  ["http://My_Host:9090/m", "http://My_Host:9090/m"],
])("%s is %s from outside", (url, expected) => {
  expect(globalUrl(url, EXTERNAL, ["0.0.0.0:9090"])).toBe(expected);
});
