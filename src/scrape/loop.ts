import { errorText, type Logger } from "../base/index.ts";
import type { ScrapeConfig } from "../config/index.ts";
import { millis } from "../model/index.ts";
import { FetchError, type FetchResponse } from "../net/index.ts";
import { bodyFormat } from "./content-type.ts";
import type { ScrapeClient, ScrapeEnvironment } from "./environment.ts";
import type { ExpositionFormat, Skeleton } from "./parse/skeleton.ts";
import { SampleError } from "./sample-labels.ts";
import { phaseOf, scrapeTime, type ScheduledTask } from "./schedule.ts";
import type { ScrapeReport } from "./synthetic.ts";
import { SampleLimitError, type SampleCounts, type SampleRules, type ScrapeOutcome } from "./target-table.ts";
import type { TargetTable } from "./target-table.ts";
import type { Target } from "./target.ts";
import { runInTurns } from "./turns.ts";

/** How a target is doing; from its last finished scrape. Spec SCR-8, SCR-9. */
export interface TargetStatus {
  readonly health: "unknown" | "up" | "down";
  readonly lastError: string;
  readonly lastScrapeMs: number | undefined; // Millis with fractions; undefined before the first.
  readonly lastScrapeDurationSeconds: number;
  /** Something people should know though the scrape worked, e.g. a missing Content-Type; or "". */
  readonly note: string;
}

/** What the loops of one job share. */
export interface JobContext {
  readonly config: ScrapeConfig;
  readonly rules: SampleRules;
  readonly client: ScrapeClient;
  readonly failureLog: Logger | undefined;
  readonly headersFor: (timeoutMs: number) => Readonly<Record<string, string>>;
  /** Why no target of the job is scraped now; undefined when they are (SCR-16). */
  forcedError: string | undefined;
  /** Skeleton of the last new body in the job, worth trying on targets that have none yet. */
  hint: Skeleton | undefined;
}

// What came of asking a target.
type Answer =
  | {
      readonly kind: "body";
      readonly body: Uint8Array;
      readonly format: ExpositionFormat;
      readonly note: string;
      readonly release: () => void;
    }
  | { readonly kind: "failure"; readonly message: string; readonly bodyBytes: number };

// Made once: the reason that an abort makes for itself costs a stack trace.
const STOPPED = new Error("scraping of the target has ended");

const NOT_SCRAPED: TargetStatus = {
  health: "unknown",
  lastError: "",
  lastScrapeMs: undefined,
  lastScrapeDurationSeconds: 0,
  note: "",
};

/**
 * Scrapes one target on schedule: fetch, parse, append, report. Whatever goes wrong ends here, in the target's
 * status and in `up`; the log gets changes of state only.
 */
export class ScrapeLoop {
  #target: Target;
  /** Owned by the loop until `stop`, which leaves it open for whoever goes on with it. */
  readonly table: TargetTable;
  readonly #environment: ScrapeEnvironment;
  readonly #context: JobContext;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  readonly #task: ScheduledTask;
  #status: TargetStatus = NOT_SCRAPED;
  #lastStartMs: number | undefined; // Monotonic.
  #troubleLogged = ""; // Kind of trouble the log knows about.
  #dropsLogged = false;

  constructor(
    target: Target,
    table: TargetTable,
    context: JobContext,
    environment: ScrapeEnvironment,
    phaseSeed: string,
  ) {
    this.#target = target;
    this.table = table;
    this.#context = context;
    this.#environment = environment;
    this.#logger = environment.logger.with({ scrape_pool: context.config.jobName, target: target.url });
    const phaseMs = phaseOf(target.identity, phaseSeed, target.intervalMs);
    this.#task = environment.schedule.add(target.intervalMs, phaseMs, (at) => this.#tick(at));
  }

  get target(): Target {
    return this.#target;
  }

  /** Takes what discovery says today about the same target: labels that only its discovered ones show. */
  refresh(target: Target): void {
    this.#target = target;
  }

  get status(): TargetStatus {
    return this.#status;
  }

  /** Ends scraping at once, a running request included; gives the time of the tick that would have been next. */
  stop(): number {
    const nextMs = this.#task.nextMs();
    this.#task.cancel();
    this.#abort.abort(STOPPED);
    return nextMs;
  }

  async #tick(plannedMs: number): Promise<void> {
    try {
      await this.#scrape(plannedMs);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#status = { ...this.#status, health: "down", lastError: errorText(error) };
      this.#logTrouble("internal", errorText(error));
    }
  }

  async #scrape(plannedMs: number): Promise<void> {
    const { clock, observer, timestamps } = this.#environment;
    const { intervalMs } = this.target;
    const startMs = clock.now();
    const startedMs = clock.monotonic();
    if (this.#lastStartMs !== undefined) {
      observer?.intervalLength(intervalMs, (startedMs - this.#lastStartMs) / 1000);
    }
    this.#lastStartMs = startedMs;
    const time = millis(scrapeTime({ plannedMs, startMs }, intervalMs, timestamps));
    const answer = await this.#ask();
    if (this.#abort.signal.aborted) return;
    const body = answer.kind === "body" ? answer.body : undefined;
    const failure = answer.kind === "failure" ? answer : undefined;
    let durationSeconds = 0;
    const { rules, hint } = this.#context;
    const sent = answer.kind === "body" ? { bytes: answer.body, format: answer.format } : undefined;
    const parsing = this.target.histograms;
    const steps = this.table.write({ time, sent, hint, parsing }, rules, (counts, error) => {
      // In whole nanoseconds, as the noise below them would only cost space.
      durationSeconds = Math.round((clock.monotonic() - startedMs) * 1e6) / 1e9;
      const bodyBytes = failure?.bodyBytes ?? body!.length;
      return this.#report(
        counts,
        { up: failure === undefined && error === undefined, bodyBytes },
        durationSeconds,
      );
    });
    const outcome = await runInTurns(steps, clock, () => this.#abort.signal.aborted).finally(() => {
      // What is kept of a body, its skeleton, is a copy.
      if (answer.kind === "body") answer.release();
    });
    if (outcome === undefined) return;
    const message = failure?.message ?? outcome.error?.message ?? "";
    this.#status = {
      health: message === "" ? "up" : "down",
      lastError: message,
      lastScrapeMs: startMs,
      lastScrapeDurationSeconds: durationSeconds,
      note: noteOf(answer, outcome.counts.refused),
    };
    if (outcome.error === undefined && body !== undefined) this.#context.hint = this.table.skeleton;
    this.#account(outcome);
    this.#logTrouble(failure === undefined ? (outcome.error?.name ?? "") : "request", message);
  }

  async #ask(): Promise<Answer> {
    const { forcedError, client, config, headersFor } = this.#context;
    if (forcedError !== undefined) return { kind: "failure", message: forcedError, bodyBytes: 0 };
    const { request, timeoutMs, url } = this.target;
    if (typeof request === "string") return this.#failed(`Get "${url}": ${request}`, 0);
    const limit = config.bodySizeLimitBytes;
    try {
      const response = await client.fetch({
        url: request,
        headers: headersFor(timeoutMs),
        deadlineMs: timeoutMs,
        // A body as long as the limit is too long (LIM-1).
        maxBodyBytes: limit > 0 ? limit - 1 : this.#environment.bodyBytesMax,
        signal: this.#abort.signal,
      });
      const answer = this.#judge(response);
      if (answer.kind === "failure") response.release();
      return answer;
    } catch (error) {
      if (!(error instanceof FetchError)) return this.#failed(errorText(error), 0);
      if (error.kind !== "body-limit") return this.#failed(error.message, 0);
      return this.#overBodyLimit();
    }
  }

  #overBodyLimit(): Answer {
    const { counters, bodyBytesMax } = this.#environment;
    counters.exceededBodySizeLimit++;
    const isBuiltIn = this.#context.config.bodySizeLimitBytes === 0;
    const hint = isBuiltIn ? ` (no body_size_limit is set, built-in limit: ${bodyBytesMax} bytes)` : "";
    return this.#failed(`body size limit exceeded${hint}`, -1);
  }

  #judge(response: FetchResponse): Answer {
    const { status, statusText, contentType, body, release } = response;
    if (status !== 200)
      return this.#failed(`server returned HTTP status ${status} ${statusText}`.trimEnd(), 0);
    const limit = this.#context.config.bodySizeLimitBytes;
    if (limit > 0 && body.length >= limit) return this.#overBodyLimit();
    if (body.length === 0) return { kind: "body", body, format: "text", note: "", release };
    const judged = bodyFormat(contentType, body, {
      fallback: this.#context.config.fallbackScrapeProtocol,
      strict: this.#environment.strictContentType,
    });
    if (judged.kind === "error") return { kind: "failure", message: judged.message, bodyBytes: body.length };
    const { format, note } = judged;
    if (note !== "") this.#environment.counters.assumedText++;
    return { kind: "body", body, format, note, release };
  }

  #failed(message: string, bodyBytes: number): Answer {
    if (!this.#abort.signal.aborted) this.#context.failureLog?.error(message, { target: this.target.url });
    return { kind: "failure", message, bodyBytes };
  }

  #report(
    counts: SampleCounts,
    result: { readonly up: boolean; readonly bodyBytes: number },
    durationSeconds: number,
  ): ScrapeReport {
    return {
      up: result.up,
      durationSeconds,
      samplesScraped: counts.scraped,
      samplesPostRelabeling: counts.postRelabeling,
      seriesAdded: counts.added,
      timeoutSeconds: this.target.timeoutMs / 1000,
      sampleLimit: this.#context.config.sampleLimit,
      bodyBytes: result.bodyBytes,
    };
  }

  #account({ counts, error, append }: ScrapeOutcome): void {
    const { counters } = this.#environment;
    if (error instanceof SampleLimitError) counters.exceededSampleLimit++;
    if (error instanceof SampleError && error.isLimit) counters.exceededLabelLimits++;
    const duplicates = counts.repeated + append.duplicates;
    const outOfOrder = append.outOfOrder + append.tooOld;
    counters.samplesDuplicate += duplicates;
    counters.samplesOutOfOrder += outOfOrder;
    counters.samplesOutOfBounds += append.outOfBounds;
    counters.seriesRefused += counts.refused;
    const drops = duplicates + outOfOrder + append.outOfBounds + counts.refused > 0;
    if (drops && !this.#dropsLogged) {
      this.#logger.warn("some samples of the target are not stored", {
        duplicate_time: duplicates,
        out_of_order: outOfOrder,
        out_of_bounds: append.outOfBounds,
        over_series_budget: counts.refused,
      });
    }
    this.#dropsLogged = drops;
  }

  #logTrouble(kind: string, message: string): void {
    if (kind === this.#troubleLogged) return;
    this.#troubleLogged = kind;
    if (kind === "") this.#logger.info("target is scraped again");
    else this.#logger.warn("scrape failed", { err: message });
  }
}

function noteOf(answer: Answer, refused: number): string {
  const note = answer.kind === "body" ? answer.note : "";
  if (refused === 0) return note;
  const dropped =
    `samples of ${refused} new series were dropped, since the head of the store is at its limit ` +
    "(--storage.head.memory-limit, --storage.head.max-series)";
  return note === "" ? dropped : `${note}; ${dropped}`;
}
