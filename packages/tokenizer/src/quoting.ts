/** Characters and places in texts as messages show them. */
export function hex(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** A character as an error message shows it: escaped when it is invisible, and always with its code point. */
export function quote(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (/[\p{C}\p{Z}]/u.test(character)) {
    return `${character === ' ' ? "' '" : JSON.stringify(character)} (${hex(codePoint)})`;
  }
  return `'${/\p{M}/u.test(character) ? `◌${character}` : character}' (${hex(codePoint)})`;
}

/** `position 12 (line 2, column 3)`: an index into the string from 0, and the place an editor shows, from 1. */
export function place(text: string, at: number): string {
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  let line = 1;
  for (let index = text.indexOf('\n'); index !== -1 && index < at; index = text.indexOf('\n', index + 1)) line++;
  return `position ${at} (line ${line}, column ${[...text.slice(lineStart, at)].length + 1})`;
}
