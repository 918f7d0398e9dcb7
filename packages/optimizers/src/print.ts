/** What is printed of optimizers and their options, by Node's `console.log` too. */
import type { Optimizer } from './optimizer.ts';

/** Lets `console.log` of Node print what `shown` gives. (A member of a class would keep bundlers from leaving the class out.) */
export function printable(object: object, shown: () => unknown): void {
  Object.defineProperty(object, Symbol.for('nodejs.util.inspect.custom'), { value: shown });
}

/** An optimizer with the options of its groups as they are now, a line each, and how many parameters they are for. */
export function optimizerText(type: string, { groups, factor }: Pick<Optimizer, 'groups' | 'factor'>): string {
  const lines = groups.map(({ options, parameters }, i) => {
    const entries = Object.entries({ ...options, parameters: parameters.size });
    return `group ${i}: ${optionsText(entries)}`;
  });
  return block(type, factor === 1 ? lines : [`factor: ${factor}`, ...lines]);
}

/** `Type (` and lines, indented, up to `)`. */
export function block(type: string, lines: readonly string[]): string {
  return `${type} (\n${lines.map((line) => `  ${line}\n`).join('')})`;
}

/** `name: value, …` of what is not undefined. */
export function optionsText(entries: readonly (readonly [name: string, value: unknown])[]): string {
  return entries.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${valueText(value)}`])).join(', ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  return typeof value === 'function' ? 'a function' : String(value);
}
