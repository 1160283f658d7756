import type { Skeleton, SkeletonBuilder } from "./skeleton.ts";

/** Keeps one copy of equal skeletons, for as long as some target holds it: a fleet of equal targets shares one. */
export class SkeletonInterner {
  readonly #byHash = new Map<number, WeakRef<Skeleton>[]>();
  readonly #gone = new FinalizationRegistry<number>((hash) => this.#prune(hash));

  /** The skeleton that equals what was built. */
  intern(built: SkeletonBuilder): Skeleton {
    const hash = built.hash();
    const bucket = this.#byHash.get(hash) ?? [];
    for (const reference of bucket) {
      const known = reference.deref();
      if (known !== undefined && built.equals(known)) return known;
    }
    const skeleton = built.finish();
    bucket.push(new WeakRef(skeleton));
    this.#byHash.set(hash, bucket);
    this.#gone.register(skeleton, hash);
    return skeleton;
  }

  #prune(hash: number): void {
    const left = (this.#byHash.get(hash) ?? []).filter((reference) => reference.deref() !== undefined);
    if (left.length === 0) this.#byHash.delete(hash);
    else this.#byHash.set(hash, left);
  }
}
