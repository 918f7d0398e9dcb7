/** Entries by name: which names there may be, and finding one. */
import { ArgumentError } from '@hebb/tensor';
import { describe, nearest, requireString } from '@hebb/tensor/arguments';

/** Throws {@link ArgumentError} for names that would not be one part of a path. */
export function requireEntryName(where: string, kind: 'module' | 'parameter', name: string): void {
  if (name === '' || name.includes('.'))
    throw new ArgumentError(
      `[${where}] '${name}' cannot be the name of a ${kind}: it ${name === '' ? 'is empty' : 'has a dot in it'}.`,
    );
}

/** The entry of a name. Throws {@link ArgumentError} where there is none. */
export function entryOf<D extends Readonly<Record<string, unknown>>, K extends keyof D & string>(
  where: string,
  kind: 'module' | 'parameter',
  entries: D,
  name: K,
): D[K] {
  requireString(where, 'the name', name);
  if (Object.hasOwn(entries, name)) return entries[name];
  const names = Object.keys(entries);
  const near = nearest(name, names);
  throw new ArgumentError(`[${where}] there is no ${kind} ${describe(name)}.`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}There are ${names.join(', ') || 'none'}.`,
  });
}
