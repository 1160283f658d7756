/** The steps of an evaluation: `startMs`, `startMs + stepMs`, …, `count` of them. */
export interface StepGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** Steps from start to end, both inclusive when they are hit; none when the end is before the start (SEM-1, SEM-18). */
export function stepGrid(startMs: number, endMs: number, stepMs: number): StepGrid {
  const count = endMs < startMs ? 0 : Math.floor((endMs - startMs) / stepMs) + 1;
  return { startMs, stepMs, count };
}

export function singleStep(timeMs: number): StepGrid {
  return { startMs: timeMs, stepMs: 1, count: 1 };
}

export function stepTime(grid: StepGrid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

export function lastStepTime(grid: StepGrid): number {
  return grid.startMs + Math.max(0, grid.count - 1) * grid.stepMs;
}

/** Times of all steps, in ms. */
export function stepTimes(grid: StepGrid): Float64Array {
  const times = new Float64Array(grid.count);
  for (let step = 0; step < grid.count; step++) times[step] = grid.startMs + step * grid.stepMs;
  return times;
}

/** Times of all steps, in seconds. */
export function stepSeconds(grid: StepGrid): Float64Array {
  return stepTimes(grid).map((ms) => ms / 1000);
}
