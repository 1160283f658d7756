import { hostname } from "node:os";
import {
  accessLogMetrics,
  dockerEngineMetrics,
  imageGalleryMetrics,
  iotdMetrics,
  serveMetrics,
  type Ticks,
} from "./endpoints.ts";

// One stand-in as a process of its own, for the compose file: `node serve.ts accesslog`.

const ticks: Ticks = { count: 0 };
const GO_TEXT = "text/plain; version=0.0.4; charset=utf-8";
const ENDPOINTS: Readonly<
  Record<string, { port: number; path: string; contentType?: string; render: () => string }>
> = {
  "image-gallery": {
    port: 80,
    path: "/metrics",
    contentType: GO_TEXT,
    render: () => imageGalleryMetrics(ticks),
  },
  iotd: {
    port: 80,
    path: "/actuator/prometheus",
    contentType: "text/plain;version=0.0.4;charset=utf-8",
    render: () => iotdMetrics(ticks),
  },
  accesslog: { port: 80, path: "/metrics", render: () => accessLogMetrics(ticks, hostname(), Date.now()) },
  docker: { port: 9323, path: "/metrics", contentType: GO_TEXT, render: () => dockerEngineMetrics(ticks) },
};

const name = process.argv[2] ?? "";
const endpoint = ENDPOINTS[name];
if (endpoint === undefined) {
  console.error(`unknown endpoint "${name}"; there are ${Object.keys(ENDPOINTS).join(", ")}`);
  process.exit(1);
}
setInterval(() => ticks.count++, 1000);
const { render, ...place } = endpoint;
const served = await serveMetrics({ address: "0.0.0.0", ...place }, render);
console.log(`${name} on port ${served.port}`);
process.on("SIGTERM", () => process.exit(0));
