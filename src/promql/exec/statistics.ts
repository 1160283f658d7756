/** Counts samples looked at, for API-35: one for the query and one for each part evaluated over other steps. */
export class SampleCounts {
  /** Samples that each step looked at; undefined when only the total is wanted. */
  readonly perStep: Float64Array | undefined;
  total = 0;
  samplesRead = 0; // Each sample once, however many windows it lies in.

  constructor(perStep: Float64Array | undefined) {
    this.perStep = perStep;
  }

  /** A part that was evaluated once for all `stepCount` steps looked at `samples`. */
  addAtEveryStep(samples: number, stepCount: number): void {
    this.total += samples * stepCount;
    if (this.perStep === undefined) return;
    for (let step = 0; step < this.perStep.length; step++) this.perStep[step]! += samples;
  }

  /** `weight` times what each window holds. */
  addWindows(from: Int32Array, to: Int32Array, weight: number): void {
    const { perStep } = this;
    let total = 0;
    for (let step = 0; step < from.length; step++) {
      const length = to[step]! - from[step]!;
      total += length;
      if (perStep !== undefined) perStep[step]! += length * weight;
    }
    this.total += total * weight;
  }
}
