import { getHeapStatistics } from "node:v8";
import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";

/**
 * `process_*` and `nodejs_*`, and stand-ins for the `go_*` that stock dashboards plot: handles for goroutines, V8's heap for
 * Go's. Source: spec CLI-99, CLI-126.
 */
export function addRuntimeMetrics(registry: Registry, runtimeVersion: string): void {
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: "go_info",
    help: "Version of the runtime, which is Node.js.",
    labelNames: ["version"],
    registers: [registry],
  });
  info.set({ version: runtimeVersion }, 1);
  for (const { name, help, read } of GO_READINGS) {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    });
    registry.registerMetric(gauge);
  }
}

interface GoReading {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

const GO_READINGS: readonly GoReading[] = [
  {
    name: "go_goroutines",
    help: "Handles and requests that keep the event loop busy.",
    read: () => process.getActiveResourcesInfo().length,
  },
  {
    name: "go_memstats_alloc_bytes",
    help: "Bytes of the heap in use.",
    read: () => getHeapStatistics().used_heap_size,
  },
  {
    name: "go_memstats_heap_alloc_bytes",
    help: "Bytes of the heap in use.",
    read: () => getHeapStatistics().used_heap_size,
  },
  {
    name: "go_memstats_heap_inuse_bytes",
    help: "Bytes of the heap that are committed.",
    read: () => getHeapStatistics().total_physical_size,
  },
  {
    name: "go_memstats_heap_sys_bytes",
    help: "Bytes reserved for the heap.",
    read: () => getHeapStatistics().total_heap_size,
  },
  {
    name: "go_memstats_sys_bytes",
    help: "Bytes that the process has from the system.",
    read: () => process.memoryUsage.rss(),
  },
];
