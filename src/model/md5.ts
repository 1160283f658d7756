// MD5 as RFC 1321 has it, only for `hashmod`. Own code rather than Node's, so that this module also runs in the
// browser and on hosts whose crypto library refuses MD5.

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Uint32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
const encoder = new TextEncoder();

/** Last 8 bytes of the MD5 of the UTF-8 form of `text`, as a big-endian number. Source: spec REL-9. */
export function md5Tail(text: string): bigint {
  const words = padMessage(encoder.encode(text));
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let block = 0; block < words.length; block += 16) addBlock(state, words, block);
  const tail = new DataView(state.buffer, 8, 8);
  return tail.getBigUint64(0, false);
}

// The message, a one bit, zeros and the length in bits, in little-endian words.
function padMessage(message: Uint8Array): Uint32Array {
  const padded = new Uint8Array((Math.floor((message.length + 8) / 64) + 1) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const words = new Uint32Array(padded.buffer);
  words[words.length - 2] = message.length << 3;
  words[words.length - 1] = Math.floor(message.length / 2 ** 29);
  return words;
}

function addBlock(state: Uint32Array, words: Uint32Array, block: number): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const sum = (a + mix(round, b, c, d) + SINES[i]! + words[block + wordIndex(round, i)]!) | 0;
    const shift = SHIFTS[round * 4 + (i & 3)]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (b & d) | (c & ~d);
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d);
}

function wordIndex(round: number, i: number): number {
  if (round === 0) return i;
  if (round === 1) return (5 * i + 1) & 15;
  return round === 2 ? (3 * i + 5) & 15 : (7 * i) & 15;
}
