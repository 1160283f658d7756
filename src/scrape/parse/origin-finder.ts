import { isTextOf, type Body, type Skeleton, type SlotTexts } from "./skeleton.ts";
import { TextIndex } from "./text-index.ts";
import { FRESH } from "./text-parser.ts";

const NEAR_SLOTS = 4; // Tried around the expected one before the index is asked.

/** Finds the slots of a whole body in the skeleton of an earlier one. Reused. */
export class OriginFinder {
  readonly #index: TextIndex;
  #takenBy = new Int32Array(64); // By slot of the hint: 1 + the slot that has its text, or 0.
  #origins = new Int32Array(64);

  constructor(hashSeed: number) {
    this.#index = new TextIndex(hashSeed);
  }

  /**
   * By slot: the slot of `hint` with the same text, or FRESH, or `-2 - s` when slot `s` has that text already; valid
   * until the next call. Also whether there is any of the last.
   */
  find(
    texts: SlotTexts,
    hint: Skeleton | undefined,
  ): { readonly origins: Int32Array; readonly repeats: boolean } {
    const { body, slotCount, starts } = texts;
    const hintSlots = hint?.slotCount ?? 0;
    if (hintSlots > this.#takenBy.length) this.#takenBy = new Int32Array(2 * hintSlots);
    else this.#takenBy.fill(0, 0, hintSlots);
    if (slotCount > this.#origins.length) this.#origins = new Int32Array(2 * slotCount);
    this.#index.open({
      body,
      known: hint,
      built: { isTextOf: (slot, of, from, bytes) => same(texts, slot, of, from, bytes) },
    });
    let expected = 0;
    let repeats = false;
    for (let slot = 0; slot < slotCount; slot++) {
      const from = starts[slot]!;
      const to = textEndOf(texts, slot);
      const near =
        hint === undefined || hint.repeats ? FRESH : this.#findNear(hint, expected, body, from, to);
      const origin = near >= 0 ? near : this.#lookUp(from, to);
      this.#origins[slot] = origin;
      if (origin >= 0) {
        this.#takenBy[origin] = slot + 1;
        expected = origin + 1;
      } else if (origin === FRESH) this.#index.add(from, to, slot);
      else repeats = true;
    }
    this.#index.close();
    return { origins: this.#origins, repeats };
  }

  #findNear(hint: Skeleton, expected: number, body: Body, from: number, to: number): number {
    const end = Math.min(hint.slotCount, expected + NEAR_SLOTS);
    for (let slot = expected; slot < end; slot++) {
      if (this.#takenBy[slot] === 0 && isTextOf(hint, slot, body, from, to)) return slot;
    }
    return FRESH;
  }

  #lookUp(from: number, to: number): number {
    const found = this.#index.find(from, to);
    if (found === undefined) return FRESH;
    if (found < 0) return -2 - ~found;
    const takenBy = this.#takenBy[found]!;
    return takenBy === 0 ? found : -2 - (takenBy - 1);
  }
}

function same(texts: SlotTexts, slot: number, body: Body, from: number, bytes: number): boolean {
  const start = texts.starts[slot]!;
  const text = texts.body.bytes.subarray(start, start + bytes);
  return Buffer.compare(body.bytes.subarray(from, from + bytes), text) === 0;
}

function textEndOf({ body, ends }: SlotTexts, slot: number): number {
  let end = ends[slot]!;
  while (body.bytes[end - 1] === 32 || body.bytes[end - 1] === 9) end--;
  return end;
}
