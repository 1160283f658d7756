import type { StoreChanges } from "../../storage/index.ts";
import { joinMatrices, type MatrixBytes } from "../encode/matrix-bytes.ts";
import type { EvaluatedQuery, KeepableQuery, QueryJob } from "../evaluate.ts";

// A refreshed dashboard asks for the same range again, a little later. Steps before the oldest sample that was written
// in between come out as before, to the last bit: they are kept as the bytes that were sent, and only what follows
// them is evaluated.

export interface ResultCacheOptions {
  readonly changes: StoreChanges;
  readonly bytesMax: number; // Of all answers together.
  /** Undefined: the answer cannot be kept. */
  readonly keepable: (job: QueryJob) => KeepableQuery | undefined;
}

/** How often the cache helped. */
export interface CacheCounts {
  readonly hits: number; // Only the tail was evaluated, or nothing.
  readonly misses: number;
  readonly bytes: number;
}

interface KeptAnswer {
  readonly matrix: MatrixBytes;
  readonly startMs: number;
  readonly endMs: number; // Of the last step.
  readonly version: number; // Of the store, before the first selection.
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  readonly bytes: number;
}

/** A query that takes part. */
interface KeepingQuery {
  readonly key: string;
  readonly job: QueryJob;
  readonly lastMs: number; // Time of the last step.
  readonly version: number; // Of the store, before the first selection.
}

/** What the cache makes of one query. */
export interface CachePlan {
  /** All of the query, for when nothing is kept or what is kept does not do. */
  readonly whole: QueryJob;
  /** Keeps the answer to `whole`. */
  keep(evaluated: EvaluatedQuery): void;
  /** Undefined: nothing is kept. */
  readonly rest: CachedRest | undefined;
}

/** A query of which the first steps are kept. */
export interface CachedRest {
  /** The other steps; undefined: there are none. */
  readonly job: QueryJob | undefined;
  /** The answer to the whole, given that to `job`; undefined when its annotations show that the kept steps do not do. */
  finish(evaluated: EvaluatedQuery | undefined): EvaluatedQuery | undefined;
}

/** Fewer steps are not worth keeping. */
const STEPS_MIN = 4;
/** No answer takes more than this part of the cache. */
const SHARE_MAX = 1 / 8;
/** Bytes for what surrounds an answer. */
const OVERHEAD_BYTES = 512;
/** Bytes of a point, for what is too large to be kept to be known before it is written. */
const POINT_BYTES = 30;

const NO_SERIES: MatrixBytes = { bytes: Buffer.alloc(0), places: new Uint32Array(0) };

const NOTHING_EVALUATED = {
  timings: { queueMs: 0, preparationMs: 0, evaluationMs: 0, sortMs: 0 },
  samplesRead: 0,
} as const;

/** Answers of range queries, the least recently used forgotten first. */
export class ResultCache {
  readonly #options: ResultCacheOptions;
  readonly #answers = new Map<string, KeptAnswer>(); // Least recently used first.
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(options: ResultCacheOptions) {
    this.#options = options;
  }

  counts(): CacheCounts {
    return { hits: this.#hits, misses: this.#misses, bytes: this.#bytes };
  }

  /** Undefined: the cache has no part in this query. To be called right before the evaluation starts. */
  plan(job: QueryJob): CachePlan | undefined {
    if (job.kind !== "range" || job.stats !== "none" || job.seriesMax > 0) return undefined;
    const steps = Math.floor((job.endMs - job.startMs) / job.stepMs) + 1;
    const keepable = steps < STEPS_MIN ? undefined : this.#options.keepable(job);
    if (keepable === undefined) return undefined;
    const keptPointsMax = Math.floor((this.#options.bytesMax * SHARE_MAX) / POINT_BYTES);
    const query: KeepingQuery = {
      key: keyOf(job, keepable.key, steps),
      job: { ...job, keptPointsMax },
      lastMs: job.startMs + (steps - 1) * job.stepMs,
      version: this.#options.changes.version,
    };
    const rest = this.#rest(query, keepable.reachMs);
    if (rest === undefined) this.#misses++;
    return { whole: query.job, keep: (evaluated) => this.#keep(query, evaluated), rest };
  }

  #rest(query: KeepingQuery, reachMs: number): CachedRest | undefined {
    const { key, job, lastMs } = query;
    const kept = this.#answers.get(key);
    if (kept === undefined || kept.startMs > job.startMs) return undefined;
    const beforeMs = this.#validBefore(kept, query, reachMs);
    if (beforeMs <= job.startMs) return undefined;
    this.#answers.delete(key); // To the end: used last.
    this.#answers.set(key, kept);
    if (beforeMs > lastMs) return { job: undefined, finish: () => this.#cut(query, kept) };
    return {
      job: { ...job, startMs: beforeMs },
      finish: (evaluated) => this.#extend(query, kept, beforeMs, evaluated),
    };
  }

  // The first step, on the grid of the job, that is not kept or may have changed.
  #validBefore(kept: KeptAnswer, { job: { startMs, stepMs } }: KeepingQuery, reachMs: number): number {
    const end = kept.endMs + stepMs;
    const changed = this.#options.changes.earliestSince(kept.version) - reachMs;
    if (changed >= end) return end;
    if (changed <= startMs) return startMs;
    return Math.min(end, startMs + Math.ceil((changed - startMs) / stepMs) * stepMs);
  }

  #extend(
    query: KeepingQuery,
    kept: KeptAnswer,
    beforeMs: number,
    evaluated: EvaluatedQuery | undefined,
  ): EvaluatedQuery | undefined {
    if (evaluated?.matrix === undefined) return undefined;
    // Steps that are kept may have told less than the whole did; what both tell, all tell.
    if (!isSame(evaluated.warnings, kept.warnings) || !isSame(evaluated.infos, kept.infos)) return undefined;
    this.#hits++;
    const bounds = { fromMs: query.job.startMs, beforeMs };
    const answer = answerOf(joinMatrices(kept.matrix, evaluated.matrix, bounds), evaluated, evaluated);
    this.#keep(query, answer);
    return answer;
  }

  #cut({ job, lastMs }: KeepingQuery, kept: KeptAnswer): EvaluatedQuery | undefined {
    const isWhole = kept.startMs === job.startMs && kept.endMs === lastMs;
    // Nothing tells which of the steps the annotations came from.
    if (!isWhole && kept.warnings.length + kept.infos.length > 0) return undefined;
    this.#hits++;
    if (isWhole) return answerOf(kept.matrix, kept, NOTHING_EVALUATED);
    const bounds = { fromMs: job.startMs, beforeMs: lastMs + 1 };
    return answerOf(joinMatrices(kept.matrix, NO_SERIES, bounds), kept, NOTHING_EVALUATED);
  }

  #keep({ key, job, lastMs, version }: KeepingQuery, evaluated: EvaluatedQuery): void {
    this.#forget(key);
    const { matrix, warnings, infos } = evaluated;
    if (matrix === undefined) return;
    const bytes = matrix.bytes.buffer.byteLength + matrix.places.byteLength + 2 * key.length + OVERHEAD_BYTES;
    if (bytes > this.#options.bytesMax * SHARE_MAX) return;
    this.#answers.set(key, { matrix, startMs: job.startMs, endMs: lastMs, version, warnings, infos, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#options.bytesMax) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const kept = this.#answers.get(key);
    if (kept === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= kept.bytes;
  }
}

// Ranges of very different lengths, as two panels with one expression have them, do not push each other out.
function keyOf({ query, startMs, stepMs }: QueryJob, key: string, steps: number): string {
  const phase = ((startMs % stepMs) + stepMs) % stepMs;
  return JSON.stringify([query, stepMs, phase, Math.ceil(Math.log2(steps)), key]);
}

function answerOf(
  matrix: MatrixBytes,
  { warnings, infos }: Pick<EvaluatedQuery, "warnings" | "infos">,
  { timings, samplesRead }: Pick<EvaluatedQuery, "timings" | "samplesRead">,
): EvaluatedQuery {
  const data = { first: matrix.bytes, rest: undefined };
  return { data, matrix, warnings, infos, isEmpty: matrix.places.length === 0, timings, samplesRead };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
