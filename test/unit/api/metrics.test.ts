import { expect, test } from "vitest";
import { createRig } from "./rig.ts";

async function metricsOf(isReady = true): Promise<{ text: string; type: unknown }> {
  const { get } = await createRig({}, isReady);
  await get("/query?query=up");
  await get("/label/job/values");
  await get("/nowhere");
  const { text, headers } = await get("//metrics");
  return { text, type: headers["content-type"] };
}

test("own metrics come as text 0.0.4", async () => {
  expect((await metricsOf()).type).toBe("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
});

test.each([
  "prometheus_ready 1",
  "prometheus_config_last_reload_successful 1",
  "prometheus_config_last_reload_success_timestamp_seconds 1699999999",
  'prometheus_tsdb_head_samples_appended_total{type="float"} 10',
  'prometheus_tsdb_head_samples_appended_total{type="histogram"} 2',
  'prometheus_tsdb_out_of_order_samples_total{type="float"} 8',
  'prometheus_tsdb_out_of_bound_samples_total{type="histogram"} 2',
  'prometheus_tsdb_too_old_samples_total{type="float"} 4',
  "prometheus_tsdb_head_out_of_order_samples_appended_total 6",
  "prometheus_tsdb_exemplar_exemplars_appended_total 5",
  "prometheus_tsdb_exemplar_exemplars_in_storage 3",
  "prometheus_tsdb_exemplar_series_with_exemplars_in_storage 2",
  "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds 1.5",
  "prometheus_tsdb_exemplar_max_exemplars 100",
  "prometheus_tsdb_exemplar_out_of_order_exemplars_total 4",
  "narthex_clock_steps_total 6",
  "prometheus_tsdb_head_series 3",
  "prometheus_tsdb_head_chunks 7",
  "prometheus_tsdb_head_max_time_seconds 2",
  "prometheus_tsdb_blocks_loaded 2",
  "prometheus_tsdb_compactions_total 1",
  "prometheus_tsdb_clean_start 1",
  "prometheus_tsdb_head_chunks_storage_size_bytes 4096",
  "prometheus_tsdb_head_stale_series 2",
  "narthex_storage_head_bytes 8192",
  "narthex_storage_head_limit_bytes 9000",
  "narthex_storage_head_limit_series 0",
  "narthex_storage_head_pressure 1",
  "narthex_storage_series_refused_total 4",
  "prometheus_tsdb_lowest_timestamp_seconds 0.5",
  "prometheus_tsdb_head_gc_duration_seconds_sum 0.06",
  "prometheus_tsdb_wal_fsync_duration_seconds_sum 2.5",
  "prometheus_tsdb_wal_fsync_duration_seconds_count 5",
  "prometheus_tsdb_wal_completed_pages_total 2",
  "prometheus_tsdb_checkpoint_creations_failed_total 1",
  "prometheus_tsdb_compactions_triggered_total 9",
  "prometheus_tsdb_vertical_compactions_total 2",
  "prometheus_tsdb_retention_limit_seconds 86400",
  "prometheus_tsdb_retention_limit_bytes 1024",
  "prometheus_tsdb_size_retentions_total 7",
  "narthex_storage_worker_restarts_total 1",
  "prometheus_engine_queries 3",
  "prometheus_engine_queries_concurrent_max 20",
  "prometheus_target_scrapes_exceeded_sample_limit_total 0",
  "prometheus_api_remote_write_invalid_labels_samples_total 1",
  "narthex_api_remote_write_samples_total 5",
  "prometheus_remote_read_handler_queries 3",
  "prometheus_web_federation_errors_total 4",
  "prometheus_web_federation_warnings_total 0",
  'prometheus_http_requests_total{code="200",handler="/api/v1/query"} 1',
  'prometheus_http_requests_total{code="200",handler="/api/v1/label/:name/values"} 1',
  'prometheus_http_requests_total{code="200",handler="/metrics"} 0',
  'prometheus_http_request_duration_seconds_count{handler="/api/v1/query"} 1',
  'prometheus_http_response_size_bytes_count{handler="/api/v1/query"} 1',
  'go_info{version="v24"} 1',
])("there is %s", async (line) => {
  expect((await metricsOf()).text.split("\n")).toContain(line);
});

test.each([
  /^prometheus_build_info\{version="3\.14\.0\+narthex\.0\.1\.0",revision="r",branch="b",goversion="v24",.*\} 1$/m,
  /^process_start_time_seconds \d+/m,
  /^process_resident_memory_bytes \d+/m,
  /^process_open_fds \d+/m,
  /^go_goroutines \d+/m,
  /^go_memstats_alloc_bytes \d+/m,
])("there is %s", async (line) => {
  expect((await metricsOf()).text).toMatch(line);
});

test("unknown paths are not counted", async () => {
  expect((await metricsOf()).text).not.toContain("nowhere");
});

test("what is not there yet counts as 0", async () => {
  const { text } = await metricsOf(false);
  expect(text).toMatch(/^prometheus_ready 0$/m);
  expect(text).toMatch(/^prometheus_tsdb_head_series 0$/m);
});
