/** Checks of options for Hebb's other packages. */
import { packageAliases } from './aliases.ts';
import * as own from './index.ts';
import type { OptionNames } from './index.ts';

/** As in tensors, with what the options of the other packages are called elsewhere. */
export function checkOptions<O extends object>(where: string, options: O | undefined, names: OptionNames<O>): void {
  own.checkOptions(where, options, names, packageAliases);
}

/** As in tensors, with what the options of the other packages are called elsewhere. */
export function requireOptions<O extends object>(where: string, options: O, names: OptionNames<O>): void {
  own.requireOptions(where, options, names, packageAliases);
}

/** As in tensors, with what the options of the other packages are called elsewhere. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  return own.nearest(name, known, packageAliases);
}
