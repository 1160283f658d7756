import { formatSize, type Labels } from "../../model/index.ts";
import { PromqlExecutionError } from "../errors.ts";

/** Bytes of a point in dense columns: its value and its kind. */
const PLACE_BYTES = 9;
/** About what V8 needs for an object, an array or a short text. */
const OBJECT_BYTES = 64;
const POINT_BYTES = 16; // Time and value.

/**
 * Counts the bytes that an evaluation takes for what it holds all at once, before they are taken: V8 ends the process
 * when there are no more. Spec REL-19.
 */
export class MemoryBudget {
  readonly #max: number;
  #held = 0;
  #peak = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get held(): number {
    return this.#held;
  }

  get peak(): number {
    return this.#peak;
  }

  /** @throws PromqlExecutionError when more than the limit would be held. */
  take(bytes: number): void {
    this.#held += bytes;
    if (this.#held > this.#peak) this.#peak = this.#held;
    if (this.#held <= this.#max) return;
    throw new PromqlExecutionError(
      `query would take more than ${formatSize(this.#max)} of memory in query execution; ` +
        "ask for fewer series, a shorter range or a longer step, or raise --query.max-memory",
    );
  }

  /** A dense column for each series, a place for each step whether or not there is a point. */
  takePlaces(seriesCount: number, stepCount: number): void {
    this.take(seriesCount * stepCount * PLACE_BYTES);
  }

  /** A label set that was made for this query. */
  takeLabels(labels: Labels): void {
    this.take(OBJECT_BYTES + labels.length * 8);
  }

  /** A series of the result. */
  takeSeries(labels: Labels, points: number): void {
    this.take(3 * OBJECT_BYTES + labels.length * 8 + points * POINT_BYTES);
  }

  /** Holds no more than it did when `held` was read. */
  releaseTo(held: number): void {
    this.#held = held;
  }
}
