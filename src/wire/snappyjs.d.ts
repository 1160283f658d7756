// The library brings no types of its own.
declare module "snappyjs" {
  export function compress(input: Uint8Array): Uint8Array<ArrayBuffer>;
  /** @throws Error for input that is no snappy block, or that declares more than `bytesMax` bytes. */
  export function uncompress(input: Uint8Array, bytesMax?: number): Uint8Array<ArrayBuffer>;
}
