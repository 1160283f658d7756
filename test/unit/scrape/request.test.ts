import { expect, test } from "vitest";
import type { NameEscaping, ScrapeProtocol } from "../../../src/config/index.ts";
import { acceptHeader, scrapeHeaders } from "../../../src/scrape/request.ts";
import { job, jobs } from "./setup.ts";

const ACCEPT: readonly (readonly [readonly ScrapeProtocol[], NameEscaping, string])[] = [
  [["PrometheusText0.0.4"], "allow-utf-8", "text/plain;version=0.0.4;q=0.6,*/*;q=0.5"],
  [
    ["PrometheusText0.0.4", "PrometheusText1.0.0"],
    "underscores",
    "text/plain;version=0.0.4;q=0.6,text/plain;version=1.0.0;escaping=underscores;q=0.5,*/*;q=0.4",
  ],
  [
    ["PrometheusProto", "OpenMetricsText1.0.0"],
    "dots",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=dots;q=0.5,*/*;q=0.4",
  ],
  [
    ["OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4"],
    "allow-utf-8",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
  ],
];

test.each(ACCEPT)("%j with escaping %s asks for %s", (protocols, escaping, expected) => {
  expect(acceptHeader(protocols, escaping)).toBe(expected);
});

test("enable_compression false asks for plain bodies", () => {
  const [config] = jobs(job("j", ["enable_compression: false"]));
  expect(scrapeHeaders(config!, 500, "x/1")).toMatchObject({
    "accept-encoding": "identity",
    "user-agent": "x/1",
    "x-prometheus-scrape-timeout-seconds": "0.5",
  });
});
