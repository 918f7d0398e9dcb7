/** A module as text, nested as PyTorch prints it: the class with its arguments, then each module in it under its name. */
import { Tensor } from '@hebb/tensor';
import { isPlain, typeNameOf } from '@hebb/tensor/arguments';
import { argumentsOf } from './build.ts';
import type { AnyModule } from './module.ts';
import { isModule } from './known.ts';

/** Modules that are being printed, so that one which holds itself ends. */
const open = new Set<AnyModule>();

/** @param repeated - whether it is a list, in which modules in a row that print alike are one entry: `(0-11): 12 x Block(…)`. */
export function printModule(module: AnyModule, { repeated }: { readonly repeated: boolean }): string {
  const type = typeNameOf(module);
  if (open.has(module)) return `${type}(…)`;
  open.add(module);
  try {
    const given = argumentsOf(module);
    const own = given.flatMap(spread).flatMap(([name, value]) => (isSaid(value) ? [`${name}=${print(value)}`] : []));
    const members = [...module.members()];
    // What a wrapper is given, and whose members it lists as its own.
    const wrapped = given.filter(([, value]) => isModule(value) && !members.some(([, member]) => member === value));
    const inner = [...wrapped, ...members].flatMap(([name, member]) =>
      isModule(member) ? [{ name, text: member.toString() }] : [],
    );
    const head = own.join(', ');
    if (inner.length === 0) return `${type}(${head})`;
    const entries = runs(inner, repeated);
    const lines = [...(head === '' ? [] : [head]), ...entries].map((entry) => indented(entry));
    return `${type}(\n${lines.join('\n')}\n)`;
  } finally {
    open.delete(module);
  }
}

/** A layer that hands its options on keeps them together; they print as those of the layer that it becomes. */
function spread([name, value]: readonly [string, unknown]): readonly (readonly [string, unknown])[] {
  return name === 'options' && isPlain(value) ? Object.entries(value) : [[name, value]];
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Entries: of a list, also of an array in a field, those that print alike and follow each other are one. */
function runs(inner: readonly { readonly name: string; readonly text: string }[], isList: boolean): string[] {
  const found: { first: string; last: string; count: number; text: string }[] = [];
  for (const { name, text } of inner) {
    const before = found.at(-1);
    const isNext = isList || (name.includes('.') && before !== undefined && listOf(before.last) === listOf(name));
    if (isNext && before?.text === text) {
      before.last = name;
      before.count++;
    } else found.push({ first: name, last: name, count: 1, text });
  }
  return found.map(({ first, last, count, text }) =>
    count === 1 ? `(${first}): ${text}` : `(${first}-${last.slice(listOf(last).length)}): ${count} x ${text}`,
  );
}

/** What a name begins with where it is one of an array's: `blocks.` of `blocks.3`. */
function listOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.') + 1);
}

/** Whether an argument is told: modules stand below, and where there are none there is nothing to tell. */
function isSaid(value: unknown): boolean {
  if (value === undefined || typeof value === 'function' || isModule(value) || value instanceof Tensor) return false;
  const items: readonly unknown[] | undefined = Array.isArray(value)
    ? value
    : isPlain(value)
      ? Object.values(value)
      : undefined;
  return items === undefined || (items.length > 0 && !items.some(isModule));
}

function print(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (isPlain(value))
    return `{ ${Object.entries(value)
      .map(([name, item]) => `${name}: ${print(item)}`)
      .join(', ')} }`;
  return String(value);
}
