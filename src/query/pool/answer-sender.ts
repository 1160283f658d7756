import type { EvaluatedQuery } from "../evaluate.ts";
import { toFailure, type FromThread } from "./messages.ts";

/** Posts a message; the memory in `transfer` goes along. */
export type Post = (message: FromThread, transfer?: readonly ArrayBuffer[]) => void;

/** Bytes of an answer that may be on their way; a longer one is encoded as fast as its client takes it. */
const WINDOW_BYTES = 32 * 2 ** 20;

/** Posts one answer, in pieces when it is long. */
export class AnswerSender {
  readonly #post: Post;
  readonly #isStopped: () => boolean;
  readonly #rest: Iterator<Uint8Array> | undefined;
  #underWay: number; // Bytes posted and not taken.

  /** @param isStopped Whether nobody wants the rest; what wakes the sender up then is a call of `send`. */
  constructor(evaluated: EvaluatedQuery, post: Post, isStopped: () => boolean) {
    this.#post = post;
    this.#isStopped = isStopped;
    const { data, matrix, ...told } = evaluated;
    // Evaluated in this thread, so the rest comes when it is asked for.
    this.#rest = (data.rest as Iterable<Uint8Array> | undefined)?.[Symbol.iterator]();
    const first = movable(data.first);
    this.#underWay = first.length;
    const answer = { ...told, first, hasMore: this.#rest !== undefined, places: matrix?.places };
    post({ kind: "answer", answer }, [first.buffer]);
  }

  /** So many bytes have been taken. */
  taken(bytes: number): void {
    this.#underWay -= bytes;
  }

  /** Posts what may be posted now; whether that was the end. */
  send(): boolean {
    try {
      while (this.#rest !== undefined && !this.#isStopped()) {
        if (this.#underWay >= WINDOW_BYTES) return false;
        const next = this.#rest.next();
        if (next.done === true) break;
        const bytes = movable(next.value);
        this.#underWay += bytes.length;
        this.#post({ kind: "chunk", bytes }, [bytes.buffer]);
      }
      this.#post({ kind: "end", failure: undefined });
    } catch (error) {
      this.#post({ kind: "end", failure: toFailure(error) });
    }
    return true;
  }
}

// Small buffers are parts of a pool, which stays.
function movable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength <= Buffer.poolSize) return Uint8Array.from(bytes);
  return new Uint8Array(buffer, byteOffset, length);
}
