// Samples of remote write 1.0 in the layout that senders write them in: the field's tag and length, then
//
// | byte      | meaning                                                            |
// |-----------|--------------------------------------------------------------------|
// | 0x09      | tag of the value, a float64 (little-endian); left out when it is 0 |
// | 0x10      | tag of the time, a varint of milliseconds                          |
//
// Anything else, such as other fields or another order, is left to the general reader.

const SAMPLE_FIELD = 0x12;
const VALUE_TAG = 0x09;
const TIME_TAG = 0x10;
const INFINITE_OR_NAN = 0x7ff00000;

/**
 * Decodes consecutive samples between `cursor[0]` and `end` into rows `cursor[1]` and up, and moves both cursors behind
 * what was decoded. Stops in front of the first thing that is no sample in the usual layout, or when `times` is full.
 * `view` shows the bytes of `bytes`, `bits` those of `values`: NaNs are copied as bits.
 */
export function decodeSamples(
  bytes: Uint8Array,
  view: DataView,
  cursor: Int32Array,
  end: number,
  times: Float64Array,
  values: Float64Array,
  bits: Uint32Array,
): void {
  const rowsMax = times.length;
  let field = cursor[0]!;
  let row = cursor[1]!;
  while (row < rowsMax && end - field >= 4 && bytes[field] === SAMPLE_FIELD) {
    const length = bytes[field + 1]!;
    const sampleEnd = field + 2 + length;
    let at = field + 2;
    if (length >= 0x80 || sampleEnd > end) break;
    const hasValue = bytes[at] === VALUE_TAG;
    if (hasValue) at += 9;
    if (at + 2 > sampleEnd || bytes[at] !== TIME_TAG) break;
    at++;
    // Up to seven groups of 7 bits stay below 2^53; later times and negative ones are left to the general reader.
    let time = 0;
    let scale = 1;
    const timeEnd = at + 7 < sampleEnd ? at + 7 : sampleEnd;
    let byte = 0x80;
    while (at < timeEnd && byte >= 0x80) {
      byte = bytes[at++]!;
      time += (byte & 0x7f) * scale;
      scale *= 128;
    }
    if (byte >= 0x80 || at !== sampleEnd) break;
    times[row] = time;
    if (!hasValue) {
      values[row] = 0;
    } else {
      const high = view.getUint32(field + 7, true);
      if ((high & INFINITE_OR_NAN) === INFINITE_OR_NAN) {
        bits[2 * row] = view.getUint32(field + 3, true);
        bits[2 * row + 1] = high;
      } else {
        values[row] = view.getFloat64(field + 3, true);
      }
    }
    row++;
    field = sampleEnd;
  }
  cursor[0] = field;
  cursor[1] = row;
}
