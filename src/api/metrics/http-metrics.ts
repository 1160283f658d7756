import type { FastifyInstance } from "fastify";
import { Counter, Histogram, type Registry } from "prom-client";

const SECONDS_BUCKETS = [0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120];
const SIZE_BUCKETS = [100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** Counts and measures requests by route. Source: spec CLI-124. */
export class HttpMetrics {
  readonly #requests: Counter<"code" | "handler">;
  readonly #seconds: Histogram<"handler">;
  readonly #sizes: Histogram<"handler">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: "prometheus_http_requests_total",
      help: "Counter of HTTP requests.",
      labelNames: ["code", "handler"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "prometheus_http_request_duration_seconds",
      help: "Histogram of latencies for HTTP requests.",
      labelNames: ["handler"],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.#sizes = new Histogram({
      name: "prometheus_http_response_size_bytes",
      help: "Histogram of response size for HTTP requests.",
      labelNames: ["handler"],
      buckets: SIZE_BUCKETS,
      registers,
    });
  }

  /** Must be called before routes are added. Paths without a route are not counted, as in Prometheus. */
  observe(app: FastifyInstance): void {
    app.addHook("onRoute", ({ config }) => {
      if (config?.label !== undefined) this.#requests.inc({ code: "200", handler: config.label }, 0);
    });
    app.addHook("onResponse", (request, reply, done) => {
      const handler = request.routeOptions.config.label;
      if (handler !== undefined) {
        this.#requests.inc({ code: String(reply.statusCode), handler });
        this.#seconds.observe({ handler }, reply.elapsedTime / 1000);
        // Answers in chunks have no length in their head and are left out.
        const length = reply.getHeader("content-length");
        if (length !== undefined) this.#sizes.observe({ handler }, Number(length));
      }
      done();
    });
  }
}
