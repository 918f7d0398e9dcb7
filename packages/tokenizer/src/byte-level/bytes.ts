/** Bytes as characters that can be seen, as GPT-2 writes them: a space is `Ġ`, a line feed `Ċ`; letters stand for themselves. */

/** The character of each byte: printable ones of Latin-1 as they are, all others from U+0100 on, in order. */
export const byteCharacters: readonly string[] = /* @__PURE__ */ (() => {
  const isPlain = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPlain(byte) ? byte : next++));
})();

const bytesByCharacter: ReadonlyMap<string, number> = /* @__PURE__ */ new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

/** The bytes that a spelling stands for, or undefined where a character of it stands for none. */
export function bytesOfSpelling(spelling: string): Uint8Array | undefined {
  const bytes = new Uint8Array(spelling.length);
  for (let i = 0; i < spelling.length; i++) {
    const byte = bytesByCharacter.get(spelling.charAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

const encoder = new TextEncoder();

/** The UTF-8 of a text; half a character (a lone surrogate) is U+FFFD. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Decodes UTF-8 as WHATWG says: what is none becomes U+FFFD. A byte order mark is a character like others. */
export function utf8Decoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
