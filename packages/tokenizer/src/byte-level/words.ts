/**
 * Where GPT-2 cuts a text into words. Its regular expression is
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * written out as a scanner: an expression takes stack for every character of a long word, and fails on some millions of them.
 */
const letter = 1;
const digit = 2;
const space = 3;
const other = 4;

/** `\s` of the expression is Unicode's White_Space, with U+0085 and without U+FEFF, unlike JavaScript's. */
function kindOf(character: string): number {
  if (/^\p{L}/u.test(character)) return letter;
  if (/^\p{N}/u.test(character)) return digit;
  return /^\p{White_Space}/u.test(character) ? space : other;
}

/** Kinds of the code points that were met, 0 for the others. */
const kinds = new Uint8Array(0x110000);

function kindAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const codePoint = (unit & 0xf800) === 0xd800 ? (text.codePointAt(at) ?? unit) : unit;
  const known = kinds[codePoint] ?? 0;
  if (known !== 0) return known;
  return (kinds[codePoint] = kindOf(String.fromCodePoint(codePoint)));
}

/** The end of the code points of one kind. */
function endOfRun(text: string, from: number, end: number, kind: number): number {
  let at = from;
  while (at < end && kindAt(text, at) === kind) at += lengthAt(text, at);
  return at;
}

/** 2 for a whole surrogate pair, 1 for everything else. */
export function lengthAt(text: string, at: number): 1 | 2 {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00 ? 2 : 1;
}

/** Length of `'s`, `'re` and their kind at an apostrophe, or 0. */
function contractionAt(text: string, at: number, end: number): number {
  const first = at + 1 < end ? text.charAt(at + 1) : '';
  if (first === 's' || first === 't' || first === 'm' || first === 'd') return 2;
  const second = at + 2 < end ? text.charAt(at + 2) : '';
  return (first === 'r' && second === 'e') || (first === 'v' && second === 'e') || (first === 'l' && second === 'l')
    ? 3
    : 0;
}

/** The end of the word that begins at `at`, in the part of `text` before `end`. */
export function endOfWord(text: string, at: number, end: number): number {
  const character = text.charCodeAt(at);
  if (character === 0x27) {
    const length = contractionAt(text, at, end);
    if (length > 0) return at + length;
  }
  const kind = kindAt(text, at);
  if (kind !== space) return endOfRun(text, at, end, kind);
  if (character === 0x20 && at + 1 < end) {
    const next = kindAt(text, at + 1);
    if (next !== space) return endOfRun(text, at + 1, end, next);
  }
  // White space up to the end, or up to the last of it: that one belongs to the word behind, or is a word of its own.
  const last = endOfRun(text, at, end, space);
  return last === end || last === at + 1 ? last : last - 1;
}
