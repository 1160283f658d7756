// Bits of a byte's class.
export const NAME_START = 1; // May start a metric name.
export const NAME_PART = 2; // May follow in a metric name.
export const LABEL_START = 4;
export const LABEL_PART = 8;

/** Longest accepted name with labels of one sample, and longest comment line. Beyond lies nothing useful, only
 * the way to exhaust memory: both stay in memory as part of the skeleton. */
export const TEXT_BYTES_MAX = 1_048_576;

/** By byte: what it may be part of when it stands without quotes. */
export const CLASSES: Uint8Array = byteClasses();

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let byte = 0; byte < 128; byte++) {
    const character = String.fromCharCode(byte);
    if (/[a-zA-Z_:]/.test(character)) classes[byte]! |= NAME_START;
    if (/[a-zA-Z0-9_:]/.test(character)) classes[byte]! |= NAME_PART;
    if (/[a-zA-Z_]/.test(character)) classes[byte]! |= LABEL_START;
    if (/[a-zA-Z0-9_]/.test(character)) classes[byte]! |= LABEL_PART;
  }
  return classes;
}
