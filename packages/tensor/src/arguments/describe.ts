/** Values as messages show them. */
import { typeNameOf } from './type-name.ts';

const shownCharacters = 40;
const shownItems = 4;

/** `'text'`, `[1, 2]`, `{ keepdim }`, `a Map`, `float32[2,3]`: what was given, in few words. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value.length > shownCharacters ? `${value.slice(0, shownCharacters - 1)}…` : value}'`;
    case 'bigint':
      return `${value}n`;
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'object':
      return value === null ? 'null' : describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return describeArray(value as readonly unknown[]);
  const name = typeNameOf(value);
  if (name === 'Tensor') return `the tensor ${(value as { toString(): string }).toString()}`;
  if (name !== '' && name !== 'Object') return `${article(name)} ${name}`;
  const names = Object.keys(value);
  if (names.length === 0) return 'an empty object';
  return `{ ${names.slice(0, shownItems).join(', ')}${names.length > shownItems ? ', …' : ''} }`;
}

/** As the name is spoken: an AdamW, an SGD, a Uint8Array, a Sequential. */
function article(name: string): 'a' | 'an' {
  return /^([AEIO]|U(?!int|ni)|[FHLMNRSX](?=[A-Z]))/.test(name) ? 'an' : 'a';
}

function describeArray(array: readonly unknown[]): string {
  if (array.length === 0) return 'an empty array';
  const isShort = array.length <= 2 * shownItems;
  if (isShort && array.every((item) => typeof item !== 'object' && typeof item !== 'function'))
    return `[${array.map(describe).join(', ')}]`;
  return `an array of ${array.length}`;
}
