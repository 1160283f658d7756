import { createServer, type RequestListener, type Server } from "node:http";
import { portOf } from "./stub-dns.ts";

// Stand-ins for the endpoints of the course's chapter on observability, with the formats' peculiarities and
// metric names that its dashboards and text use. Values follow from a tick count alone, so that two servers that
// scrape the same tick must store the same numbers.

/** How many requests the imagined readers have made so far; advance it to make the counters move. */
export interface Ticks {
  count: number;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const GO_TEXT = "text/plain; version=0.0.4; charset=utf-8";

/** Go web application with the official client: plain text format, one in ten requests answers 500. */
export function imageGalleryMetrics(ticks: Ticks): string {
  const failed = Math.floor(ticks.count / 10);
  return `${goMetrics(21, 425_984 + (ticks.count % 3) * 32_768)}# HELP image_gallery_in_flight_requests A gauge of requests currently being served.
# TYPE image_gallery_in_flight_requests gauge
image_gallery_in_flight_requests ${ticks.count % 2}
# HELP image_gallery_requests_total A counter for requests to the image gallery.
# TYPE image_gallery_requests_total counter
image_gallery_requests_total{code="200",method="get"} ${ticks.count - failed}
image_gallery_requests_total{code="500",method="get"} ${failed}
`;
}

/** Spring Boot with Micrometer: a comma behind the last label, capital exponents, NaN. */
export function iotdMetrics(ticks: Ticks): string {
  const cached = Math.floor((ticks.count * 3) / 4);
  return `# HELP jvm_memory_used_bytes The amount of used memory
# TYPE jvm_memory_used_bytes gauge
jvm_memory_used_bytes{area="heap",id="PS Survivor Space",} 1.2582912E7
jvm_memory_used_bytes{area="heap",id="PS Old Gen",} 1.8324624E7
jvm_memory_used_bytes{area="heap",id="PS Eden Space",} ${exponent(2.4e7 + ticks.count * 4096)}
jvm_memory_used_bytes{area="nonheap",id="Metaspace",} 4.5678592E7
# HELP tomcat_threads_current_threads
# TYPE tomcat_threads_current_threads gauge
tomcat_threads_current_threads{name="http-nio-80",} 10.0
# HELP tomcat_sessions_rejected_sessions_total
# TYPE tomcat_sessions_rejected_sessions_total counter
tomcat_sessions_rejected_sessions_total 0.0
# HELP tomcat_cache_hit_ratio
# TYPE tomcat_cache_hit_ratio gauge
tomcat_cache_hit_ratio NaN

# HELP method_timed_seconds
# TYPE method_timed_seconds summary
method_timed_seconds_count{class="iotd.ImageController",exception="none",method="get",} ${exponent(ticks.count)}
method_timed_seconds_sum{class="iotd.ImageController",exception="none",method="get",} ${ticks.count * 0.125}
# HELP iotd_api_image_load_total
# TYPE iotd_api_image_load_total counter
iotd_api_image_load_total{status="success",} ${exponent(ticks.count)}
iotd_api_image_load_total{status="cached",} ${exponent(cached)}
`;
}

/**
 * Node application with an old prom-client: default metrics carry timestamps that stand still for ten seconds, its
 * own ones do not; families are parted by blank lines. It sends no Content-Type.
 */
export function accessLogMetrics(ticks: Ticks, hostname: string, nowMs: number): string {
  const refreshedMs = Math.floor(nowMs / 10_000) * 10_000;
  return `# HELP process_cpu_user_seconds_total Total user CPU time spent in seconds.
# TYPE process_cpu_user_seconds_total counter
process_cpu_user_seconds_total 0.25 ${refreshedMs}

# HELP nodejs_external_memory_bytes Nodejs external memory size in bytes.
# TYPE nodejs_external_memory_bytes gauge
nodejs_external_memory_bytes 26640 ${refreshedMs}

# HELP nodejs_active_handles Number of active handles.
# TYPE nodejs_active_handles gauge
nodejs_active_handles{type="Socket"} 2 ${refreshedMs}
nodejs_active_handles{type="Server"} 1 ${refreshedMs}

# HELP access_log_total Access Log - total log requests
# TYPE access_log_total counter
access_log_total{hostname="${hostname}"} ${ticks.count}

# HELP access_client_ip_current Access Log - current unique IP addresses
# TYPE access_client_ip_current gauge
access_client_ip_current{hostname="${hostname}"} ${Math.min(3, ticks.count)}
`;
}

/** What the Docker engine shows of itself. */
export function dockerEngineMetrics(ticks: Ticks): string {
  const actions = ["changes", "commit", "create", "delete", "start"];
  const sums = actions.map((action, index) => {
    const name = "engine_daemon_container_actions_seconds";
    const total = index * 0.5 + ticks.count * 0.001;
    return [
      `${name}_bucket{action="${action}",le="0.5"} ${ticks.count}`,
      `${name}_bucket{action="${action}",le="+Inf"} ${ticks.count + index}`,
      `${name}_sum{action="${action}"} ${total}`,
      `${name}_count{action="${action}"} ${ticks.count + index}`,
    ].join("\n");
  });
  return `${goMetrics(103, 1_638_400)}# HELP engine_daemon_container_actions_seconds The number of seconds it takes to process each container action
# TYPE engine_daemon_container_actions_seconds histogram
${sums.join("\n")}
# HELP engine_daemon_container_states_containers The count of containers in various states
# TYPE engine_daemon_container_states_containers gauge
engine_daemon_container_states_containers{state="paused"} 0
engine_daemon_container_states_containers{state="running"} 7
engine_daemon_container_states_containers{state="stopped"} 2
# HELP engine_daemon_engine_info The information related to the engine and the OS it is running on
# TYPE engine_daemon_engine_info gauge
engine_daemon_engine_info{architecture="x86_64",commit="6b5b8ab",daemon_id="DEMO",os="Docker Desktop",version="28.2.2"} 1
# HELP engine_daemon_health_checks_failed_total The total number of failed health checks
# TYPE engine_daemon_health_checks_failed_total counter
engine_daemon_health_checks_failed_total ${Math.floor(ticks.count / 25)}
`;
}

/** Serves one metrics page on a loopback address; port 0 lets the system choose. */
export async function serveMetrics(
  place: {
    readonly address: string;
    readonly port: number;
    readonly path: string;
    readonly contentType?: string;
  },
  render: () => string,
): Promise<Endpoint> {
  const listener: RequestListener = (request, response) => {
    if (request.url !== place.path) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    if (place.contentType !== undefined) response.setHeader("content-type", place.contentType);
    response.end(render());
  };
  const server: Server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place.port, place.address, resolve);
  });
  return {
    address: place.address,
    port: portOf(server),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** All endpoints of the chapter on loopback; accesslog replicas share one port on addresses 127.0.1.1 and up. */
export async function startEndpoints(
  ticks: Ticks,
  replicas: number,
): Promise<{ imageGallery: Endpoint; iotd: Endpoint; docker: Endpoint; accessLogs: Endpoint[] }> {
  const local = { address: "127.0.0.1", port: 0 };
  const imageGallery = await serveMetrics({ ...local, path: "/metrics", contentType: GO_TEXT }, () =>
    imageGalleryMetrics(ticks),
  );
  const iotd = await serveMetrics(
    { ...local, path: "/actuator/prometheus", contentType: "text/plain;version=0.0.4;charset=utf-8" },
    () => iotdMetrics(ticks),
  );
  const docker = await serveMetrics({ ...local, path: "/metrics", contentType: GO_TEXT }, () =>
    dockerEngineMetrics(ticks),
  );
  const accessLogs: Endpoint[] = [];
  for (let replica = 1; replica <= replicas; replica++) {
    const place = { address: `127.0.1.${replica}`, port: accessLogs[0]?.port ?? 0, path: "/metrics" };
    const hostname = `accesslog-${replica}`;
    accessLogs.push(await serveMetrics(place, () => accessLogMetrics(ticks, hostname, Date.now())));
  }
  return { imageGallery, iotd, docker, accessLogs };
}

function goMetrics(goroutines: number, stackBytes: number): string {
  return `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines ${goroutines}
# HELP go_info Information about the Go environment.
# TYPE go_info gauge
go_info{version="go1.13.4"} 1
# HELP go_memstats_stack_inuse_bytes Number of bytes in use by the stack allocator.
# TYPE go_memstats_stack_inuse_bytes gauge
go_memstats_stack_inuse_bytes ${stackBytes}
`;
}

// As Java prints doubles: 1.2582912E7, 10.0.
function exponent(value: number): string {
  if (value < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa, power] = value.toExponential().split("e+");
  return `${mantissa!.includes(".") ? mantissa : `${mantissa}.0`}E${power}`;
}
