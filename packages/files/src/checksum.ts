/** The checksum by which a file that has been damaged is told from one that is whole. */

/** Largest piece that Node's own function is given at once. */
const pieceBytes = 2 ** 30;

/**
 * The CRC-32 of ISO 3309, that of gzip and PNG: a number below 2³² that changes where any one bit of the bytes does, any three, or any
 * run of up to 32, and of other damage misses one in 2³².
 *
 * ```ts
 * const text = new TextEncoder().encode('123456789');
 * crc32(text).toString(16); // 'cbf43926'
 * crc32(text.subarray(4), crc32(text.subarray(0, 4))).toString(16); // 'cbf43926', in pieces
 * ```
 *
 * @param before that of the bytes in front
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const native = nativeCrc32();
  if (native === undefined) return tableCrc32(bytes, before);
  let sum = before;
  for (let at = 0; at < bytes.length; at += pieceBytes) sum = native(bytes.subarray(at, at + pieceBytes), sum);
  return sum;
}

type Crc32 = (bytes: Uint8Array, before: number) => number;

/** Node's, several times as fast; undefined elsewhere. */
function nativeCrc32(): Crc32 | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  // What answers as Node does may answer for some modules and functions only.
  return (process.getBuiltinModule('node:zlib') as { readonly crc32?: Crc32 } | undefined)?.crc32;
}

let table: Int32Array | undefined;

/** Eight tables in one: what the register becomes where a byte is followed by 0 … 7 others. */
function makeTable(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let register = byte;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0xedb88320 : register >>> 1;
    made[byte] = register;
  }
  for (let i = 256; i < made.length; i++) {
    const register = made[i - 256] ?? 0;
    made[i] = (register >>> 8) ^ (made[register & 255] ?? 0);
  }
  return made;
}

/** Eight bytes at once (M. Kounavis and F. Berry, "A Systematic Approach to Building High Performance Software-based CRC Generators", 2005). */
export function tableCrc32(bytes: Uint8Array, before = 0): number {
  const at = (table ??= makeTable());
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~7;
  let register = ~before;
  for (let i = 0; i < whole; i += 8) {
    const [low, high] = [register ^ view.getInt32(i, true), view.getInt32(i + 4, true)];
    register =
      (at[1792 + (low & 255)] ?? 0) ^
      (at[1536 + ((low >>> 8) & 255)] ?? 0) ^
      (at[1280 + ((low >>> 16) & 255)] ?? 0) ^
      (at[1024 + (low >>> 24)] ?? 0) ^
      (at[768 + (high & 255)] ?? 0) ^
      (at[512 + ((high >>> 8) & 255)] ?? 0) ^
      (at[256 + ((high >>> 16) & 255)] ?? 0) ^
      (at[high >>> 24] ?? 0);
  }
  for (let i = whole; i < bytes.length; i++)
    register = (at[(register ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (register >>> 8);
  return ~register >>> 0;
}
