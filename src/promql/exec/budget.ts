import { histogramSampleCount } from "../../model/index.ts";
import { PromqlExecutionError } from "../errors.ts";
import { HISTOGRAM, type StepColumn } from "./columns.ts";

/**
 * Counts the samples a query holds at once, as Prometheus counts them: what each part of the expression has put
 * out and is not yet used up, plus the window being looked at. Source: spec LIM-1.
 */
export class SampleBudget {
  readonly #max: number;
  #held = 0;
  #peak = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get peak(): number {
    return this.#peak;
  }

  /** @throws PromqlExecutionError when more than the limit would be held. */
  hold(samples: number): void {
    this.#held += samples;
    if (this.#held > this.#peak) this.#peak = this.#held;
    if (this.#held > this.#max) throw tooMany();
  }

  /** As holding and at once releasing. */
  pass(samples: number): void {
    const held = this.#held + samples;
    if (held > this.#peak) this.#peak = held;
    if (held > this.#max) throw tooMany();
  }

  release(samples: number): void {
    this.#held -= samples;
  }
}

function tooMany(): PromqlExecutionError {
  return new PromqlExecutionError(
    "query processing would load too many samples into memory in query execution",
  );
}

/** Samples that a column counts for. */
export function columnSamples(column: StepColumn): number {
  const { kinds, histograms } = column;
  let samples = 0;
  if (!column.hasHistograms) {
    for (let step = 0; step < kinds.length; step++) samples += kinds[step]!;
    return samples;
  }
  for (let step = 0; step < kinds.length; step++) {
    samples += kinds[step] === HISTOGRAM ? histogramSampleCount(histograms[step]!) : kinds[step]!;
  }
  return samples;
}
