import { bitsOf, type Histogram } from "../../model/index.ts";
import { ExpositionError } from "./exposition-error.ts";
import { UNKNOWN_TYPE } from "./family-type.ts";
import { OpenMetricsScanner } from "./openmetrics-scanner.ts";
import { decodeSeries, type ExposedLabels } from "./series-text.ts";
import { gapStart, isTextOf, SkeletonBuilder, type Body, type Skeleton } from "./skeleton.ts";
import type { SkeletonInterner } from "./skeleton-interner.ts";
import { TextIndex } from "./text-index.ts";
import { CURSOR_AT, CURSOR_OUT, CURSOR_SIZE, CURSOR_SLOT, matchSkeleton } from "./text.kernel.ts";
import { RUN_DONE, RUN_VALUE_ODD, sameBytes } from "./text.kernel.ts";
import { TextScanner } from "./text-scanner.ts";

/** Origin of a slot whose text is neither in the hint nor earlier in the body. */
export const FRESH = -1;

const LF = 10;
const STEP_SLOTS = 4096; // Of one step, about a millisecond.
/** How many slots of the hint are tried around the expected one before the index is asked. */
const NEAR_SLOTS = 4;

/** The text formats. */
export type TextFormat = "text" | "openmetrics";

/** An exemplar of a sample. */
export interface ParsedExemplar {
  readonly slot: number;
  /** `__name__`, nothing, name, value … */
  readonly labels: ExposedLabels;
  readonly value: number;
  readonly time: number | undefined; // Millis; undefined when it brought none.
}

/**
 * A body as columns, element `s` for the sample in slot `s`. Belongs to the parser and is valid until its next
 * `parse`.
 */
export interface ParsedBody {
  slotCount: number;
  values: Float64Array; // NaNs are the ordinary one.
  bits: Uint32Array; // The 32-bit view of `values`.
  times: Float64Array; // Millis; only where `skeleton.timed` is set.
  skeleton: Skeleton;
  /** False: `skeleton` is the hint itself. */
  changed: boolean;
  /**
   * Only when changed: slot of the hint with the same text, or FRESH, or `-2 - s` when the text stands in slot `s`
   * of this body already.
   */
  origins: Int32Array;
  /** Slots that have no sample after all: histograms that could not be converted. */
  lostCount: number;
  /** Native histograms by slot; `values` holds nothing of use there. */
  histograms: ReadonlyMap<number, Histogram>;
  /** In the order of the slots. */
  exemplars: readonly ParsedExemplar[];
  /** Since when samples count, in millis; where they said so. */
  starts: readonly { readonly slot: number; readonly time: number }[];
  /** Set when the body is wrong: the slots are the samples before that place, and `changed` is true. */
  error: ExpositionError | undefined;
}

// What the two scanners have in common.
interface BodyScanner {
  type: number;
  readonly textStart: number;
  readonly textEnd: number;
  readonly valueStart: number;
  readonly timed: boolean;
  readonly time: number;
  readonly restEnd: number;
  readonly position: number;
  readonly valueBits: Uint32Array;
  readKnownValue(at: number): void;
  nextSample(): boolean;
}

const NO_HISTOGRAMS: ReadonlyMap<number, Histogram> = new Map();
const NO_EXEMPLARS: readonly ParsedExemplar[] = [];

/**
 * Parses bodies of the Prometheus text format and of OpenMetrics. A body that differs from the hint in numbers only takes one pass of
 * the kernel; else the equal stretches do, and what lies between them is scanned. In OpenMetrics, times and exemplars are no part of
 * the gaps and are always scanned.
 */
export class TextParser {
  readonly #interner: SkeletonInterner;
  readonly #index: TextIndex;
  readonly #builder = new SkeletonBuilder();
  readonly #keepsExemplars: boolean;
  readonly #textScanner = new TextScanner();
  readonly #openMetricsScanner = new OpenMetricsScanner();
  #scanner: BodyScanner = this.#textScanner;
  #format: TextFormat = "text";
  #exemplars: ParsedExemplar[] = [];
  #untimed = new Uint8Array(64); // All zeros, as long as any hint.
  readonly #cursor = new Int32Array(CURSOR_SIZE);
  #values = new Float64Array(64);
  #bits: Uint32Array = bitsOf(this.#values);
  #times = new Float64Array(64);
  #origins = new Int32Array(64);
  #takenBy = new Int32Array(64); // By slot of the hint: 1 + the slot of this body that has its text, or 0.

  constructor(options: {
    readonly interner: SkeletonInterner;
    readonly hashSeed: number;
    /** Whether exemplars are given out; they are checked in any case. Default true. */
    readonly keepsExemplars?: boolean;
  }) {
    this.#interner = options.interner;
    this.#keepsExemplars = options.keepsExemplars ?? true;
    this.#index = new TextIndex(options.hashSeed);
  }

  /** `hint` is the skeleton of the target's last body, or of a similar target; one of another format is no help. */
  parse(bytes: Uint8Array, hint: Skeleton | undefined, format: TextFormat = "text"): ParsedBody {
    const body = this.#open(bytes, format);
    if (hint?.format !== format) return this.#parseChanged(body, undefined, RUN_DONE);
    if (!hint.matchable) return this.#parseChanged(body, hint, RUN_DONE);
    const stop = this.#run(body, hint, hint.slotCount);
    const same = format === "text" ? this.#atTail(body, hint) : this.#runOverRests(body, hint, stop);
    return same ? this.#result(hint, hint.slotCount, false) : this.#parseChanged(body, hint, stop);
  }

  /**
   * Parses a body without a hint, a slice of its samples in each step, so that a huge one does not keep everything
   * else waiting. Nothing else may be parsed by this parser before the last step.
   */
  *parseInSteps(bytes: Uint8Array, format: TextFormat): Generator<undefined, ParsedBody> {
    const body = this.#open(bytes, format);
    this.#begin(body, undefined);
    for (;;) {
      let isDone = false;
      const error = caught(() => {
        for (let left = STEP_SLOTS; left > 0 && !isDone; left--) isDone = !this.#scanSample(body, undefined);
      });
      if (isDone || error !== undefined) return this.#finish(undefined, error);
      yield;
    }
  }

  #open(bytes: Uint8Array, format: TextFormat): Body {
    this.#format = format;
    this.#scanner = format === "text" ? this.#textScanner : this.#openMetricsScanner;
    this.#exemplars = [];
    this.#cursor.fill(0);
    return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), length: bytes.length };
  }

  #atTail(body: Body, hint: Skeleton): boolean {
    return this.#cursor[CURSOR_SLOT] === hint.slotCount && isTail(body, this.#cursor[CURSOR_AT]!, hint);
  }

  // From where a run stopped: reads times and exemplars, over which runs do not go, and runs on. False, with the cursor
  // where it was, when anything but numbers and exemplars differs.
  #runOverRests(body: Body, hint: Skeleton, firstStop: number): boolean {
    const cursor = this.#cursor.slice();
    const scanner = this.#openMetricsScanner;
    scanner.open(body.bytes, body.length, false);
    let timedCount = 0;
    let stop = firstStop;
    const error = caught(() => {
      while (stop !== RUN_VALUE_ODD) {
        const slot = this.#cursor[CURSOR_SLOT]!;
        const at = this.#cursor[CURSOR_AT]!;
        if (slot === 0 || body.bytes[at] === LF || at >= body.length) return;
        this.#finishOpenMetricsLine(slot - 1, at);
        if (scanner.timed && hint.timed[slot - 1] === 0) return;
        if (scanner.timed) timedCount++;
        this.#cursor[CURSOR_AT] = scanner.restEnd;
        if (slot === hint.slotCount) return;
        stop = this.#run(body, hint, hint.slotCount);
      }
    });
    if (error === undefined && timedCount === hint.timedCount && this.#atTail(body, hint)) return true;
    this.#exemplars = [];
    this.#cursor.set(cursor);
    return false;
  }

  #parseChanged(body: Body, hint: Skeleton | undefined, stop: number): ParsedBody {
    // A wrong body is read again from the start, because only that gives positions in lines their exact meaning.
    const inStretches = hint !== undefined && hint.matchable && !hint.repeats;
    let error = inStretches
      ? caught(() => this.#scanDifferences(body, hint, stop))
      : caught(() => this.#scanAll(body, hint));
    if (error !== undefined && inStretches) error = caught(() => this.#scanAll(body, hint));
    return this.#finish(hint, error);
  }

  #finish(hint: Skeleton | undefined, error: ExpositionError | undefined): ParsedBody {
    const builder = this.#builder;
    this.#index.close();
    const slotCount = builder.slotCount;
    const skeleton = error === undefined ? this.#interner.intern(builder) : builder.finish();
    if (skeleton === hint && error === undefined) return this.#result(hint, slotCount, false);
    const result = this.#result(skeleton, slotCount, true);
    result.error = error;
    return result;
  }

  #result(skeleton: Skeleton, slotCount: number, changed: boolean): ParsedBody {
    return {
      slotCount,
      values: this.#values,
      bits: this.#bits,
      times: this.#times,
      skeleton,
      changed,
      origins: this.#origins,
      lostCount: 0,
      histograms: NO_HISTOGRAMS,
      exemplars: this.#exemplars.length === 0 ? NO_EXEMPLARS : this.#exemplars,
      starts: [],
      error: undefined,
    };
  }

  // Without stretches: there is no hint, or its texts repeat, so that a slot does not tell which of them it is.
  #scanAll(body: Body, hint: Skeleton | undefined): void {
    this.#begin(body, hint);
    this.#cursor.fill(0);
    while (this.#scanSample(body, hint));
  }

  // The cursor is where the first run over the hint stopped.
  #scanDifferences(body: Body, hint: Skeleton, firstStop: number): void {
    this.#begin(body, hint);
    let highest = 0; // Slots of the hint from here on are not taken.
    let from = 0;
    let stop = firstStop;
    for (;;) {
      const slot = this.#cursor[CURSOR_SLOT]!;
      this.#takeRun(hint, from, slot);
      if (stop === RUN_VALUE_ODD) this.#readOddSlot(hint, slot);
      else if (!this.#scanSample(body, hint)) return;
      from = this.#cursor[CURSOR_SLOT]!;
      highest = Math.max(highest, from);
      stop = RUN_DONE;
      // Slot 0 starts at the start of a body, other slots with the end of a line before them.
      if (from === 0 || from >= hint.slotCount || this.#takenBy[from] !== 0) continue;
      stop = this.#run(body, hint, from < highest ? from + 1 : hint.slotCount);
      highest = Math.max(highest, this.#cursor[CURSOR_SLOT]!);
    }
  }

  #run(body: Body, hint: Skeleton, slotEnd: number): number {
    this.#reserve(this.#cursor[CURSOR_OUT]! + slotEnd - this.#cursor[CURSOR_SLOT]!);
    return matchSkeleton(
      body.bytes,
      body.view,
      body.length,
      hint.bytes,
      hint.view,
      hint.gapEnds,
      this.#format === "text" ? hint.timed : this.#untimedFor(hint),
      slotEnd,
      this.#values,
      this.#bits,
      this.#times,
      this.#cursor,
    );
  }

  #untimedFor({ slotCount }: Skeleton): Uint8Array {
    if (slotCount > this.#untimed.length) this.#untimed = new Uint8Array(2 * slotCount);
    return this.#untimed;
  }

  // Slots `[from, to)` of the hint came next in the body.
  #takeRun(hint: Skeleton, from: number, to: number): void {
    if (from === to) return;
    const builder = this.#builder;
    const at = builder.slotCount;
    const typeBefore = at === 0 ? UNKNOWN_TYPE : this.#scanner.type;
    builder.addRun(hint, from, to);
    if (this.#format === "openmetrics") builder.clearTimed(at, at + to - from);
    for (let slot = from, out = at; slot < to; slot++, out++) {
      this.#origins[out] = slot;
      this.#takenBy[slot] = out + 1;
    }
    if (typeBefore !== (from === 0 ? UNKNOWN_TYPE : hint.types[from - 1])) {
      let end = from;
      while (end < to && !setsType(hint, end)) end++;
      builder.setTypes(at, at + end - from, typeBefore);
    }
    this.#scanner.type = builder.typeOf(builder.slotCount - 1);
  }

  // The gap of `slot` is next in the body, but the value after it is not plain.
  #readOddSlot(hint: Skeleton, slot: number): void {
    const out = this.#cursor[CURSOR_OUT]!;
    this.#scanner.readKnownValue(this.#cursor[CURSOR_AT]!);
    this.#reserve(out + 1);
    this.#takeRun(hint, slot, slot + 1);
    this.#builder.setTimed(out, false);
    this.#storeValue(out);
    this.#cursor[CURSOR_SLOT] = slot + 1;
  }

  // Finishes the line before and takes the next sample by scanning. False at the end of the body.
  #scanSample(body: Body, hint: Skeleton | undefined): boolean {
    const builder = this.#builder;
    const scanner = this.#scanner;
    const out = builder.slotCount;
    const gapAt = out === 0 ? 0 : this.#finishLine(out - 1);
    if (!scanner.nextSample()) {
      if (this.#format === "openmetrics") this.#openMetricsScanner.end();
      builder.addTail(body.bytes.subarray(Math.min(gapAt, body.length), body.length));
      return false;
    }
    const { textStart, textEnd, valueStart } = scanner;
    this.#reserve(out + 1);
    const origin = this.#originOf(body, hint, textStart, textEnd);
    builder.addSlot(body.bytes.subarray(gapAt, valueStart), textStart - gapAt, scanner.type);
    this.#origins[out] = origin;
    if (origin >= 0) {
      this.#takenBy[origin] = out + 1;
      this.#cursor[CURSOR_SLOT] = origin + 1;
    } else if (origin === FRESH) {
      this.#index.add(textStart, textEnd, out);
    } else {
      builder.repeats = true;
    }
    this.#storeValue(out);
    return true;
  }

  // Takes what is left of the line of slot `out`; gives where the gap after it starts.
  #finishLine(out: number): number {
    const builder = this.#builder;
    const at = this.#cursor[CURSOR_AT]!;
    try {
      if (this.#format === "openmetrics") this.#finishOpenMetricsLine(out, at);
      else {
        const known = builder.isTimed(out);
        this.#textScanner.finishLine(at, known);
        if (known) return at;
      }
    } catch (thrown) {
      builder.dropSlot(); // The sample on a broken line does not count.
      throw thrown;
    }
    const { timed, time, restEnd } = this.#scanner;
    if (timed) {
      builder.setTimed(out, true);
      this.#times[out] = time;
    }
    return timed || this.#format === "openmetrics" ? restEnd : at;
  }

  #finishOpenMetricsLine(slot: number, at: number): void {
    const scanner = this.#openMetricsScanner;
    scanner.finishLine(at);
    if (scanner.timed) this.#times[slot] = scanner.time;
    const { exemplar } = scanner;
    if (exemplar === undefined || !this.#keepsExemplars) return;
    const { textStart, textEnd, value, timed, time } = exemplar;
    const labels = decodeSeries(scanner.bytes, textStart, textEnd, UNKNOWN_TYPE);
    this.#exemplars.push({ slot, labels, value, time: timed ? time : undefined });
  }

  #storeValue(out: number): void {
    const { valueBits } = this.#scanner;
    this.#bits[2 * out] = valueBits[0]!;
    this.#bits[2 * out + 1] = valueBits[1]!;
    this.#cursor[CURSOR_OUT] = out + 1;
    this.#cursor[CURSOR_AT] = this.#scanner.position;
  }

  #originOf(body: Body, hint: Skeleton | undefined, from: number, to: number): number {
    if (hint !== undefined && !hint.repeats) {
      const expected = this.#cursor[CURSOR_SLOT]!;
      const end = Math.min(hint.slotCount, expected + NEAR_SLOTS);
      for (let slot = expected; slot < end; slot++) {
        if (this.#takenBy[slot] === 0 && isTextOf(hint, slot, body, from, to)) return slot;
      }
    }
    const found = this.#index.find(from, to);
    if (found === undefined) return FRESH;
    if (found < 0) return -2 - ~found;
    const takenBy = this.#takenBy[found]!;
    return takenBy === 0 ? found : -2 - (takenBy - 1);
  }

  #begin(body: Body, hint: Skeleton | undefined): void {
    this.#builder.reset(this.#format);
    this.#exemplars = [];
    this.#index.open({ body, known: hint, built: this.#builder });
    if (this.#format === "text") this.#textScanner.open(body.bytes, body.length);
    else this.#openMetricsScanner.open(body.bytes, body.length, false);
    const slots = hint?.slotCount ?? 0;
    if (slots > this.#takenBy.length) this.#takenBy = new Int32Array(2 * slots);
    else this.#takenBy.fill(0, 0, slots);
  }

  // Makes room for `rows` rows.
  #reserve(rows: number): void {
    if (rows <= this.#values.length) return;
    const size = Math.max(rows, 2 * this.#values.length);
    const values = new Float64Array(size);
    values.set(this.#values);
    const times = new Float64Array(size);
    times.set(this.#times);
    const origins = new Int32Array(size);
    origins.set(this.#origins);
    this.#values = values;
    this.#bits = bitsOf(values);
    this.#times = times;
    this.#origins = origins;
  }
}

function isTail(body: Body, at: number, hint: Skeleton): boolean {
  const from = gapStart(hint, hint.slotCount);
  const to = hint.bytes.length;
  if (body.length - at !== to - from) return false;
  return sameBytes(body.bytes, body.view, at, hint.bytes, hint.view, from, to);
}

// Whether a TYPE line may stand in the slot's gap.
function setsType(skeleton: Skeleton, slot: number): boolean {
  const gap = skeleton.bytes.subarray(gapStart(skeleton, slot), skeleton.textStarts[slot]);
  return Buffer.from(gap.buffer, gap.byteOffset, gap.length).includes("TYPE");
}

// The error that a wrong body ends the scan with.
function caught(scan: () => void): ExpositionError | undefined {
  try {
    scan();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ExpositionError) return thrown;
    throw thrown;
  }
}
