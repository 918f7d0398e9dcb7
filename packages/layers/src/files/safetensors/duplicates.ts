/** Names that a JSON object has twice, of which `JSON.parse` silently keeps the last. */

/** The first name that an object in the text has twice, or undefined. `text` must be valid JSON. */
export function findDuplicateName(text: string): string | undefined {
  /** The names of the objects that are open; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  /** Where the last string begins and ends, quotation marks included. */
  let [start, end] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      start = at++;
      // A backslash takes the next character with it.
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
      end = at + 1;
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const name = JSON.parse(text.slice(start, end)) as string;
      const names = open.at(-1);
      if (names?.has(name) === true) return name;
      names?.add(name);
    }
  }
  return undefined;
}
