/** What a module holds: a walk of its fields, through arrays, plain objects, Maps and Sets. Nothing that it meets is skipped in silence. */
import { ArgumentError, Tensor } from '@hebb/tensor';
import { isPlain, typeNameOf } from '@hebb/tensor/arguments';

/** Something found in a field, with the path to it. */
export type Found<M> = readonly [path: string, value: M];

export interface Fields<M> {
  /** Members by name, in the order of the fields. */
  readonly members: readonly Found<M>[];
  /** Members inside of objects of other classes, where they have no name. */
  readonly enclosed: readonly Found<M>[];
}

/** Keys and values of an array, a Map, a Set (by position) or a plain object; undefined for anything else. */
export function entriesOf(value: unknown): Iterable<readonly [key: unknown, item: unknown]> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value) || value instanceof Map) return (value as unknown[] | Map<unknown, unknown>).entries();
  if (value instanceof Set) return [...(value as Set<unknown>)].entries();
  return isPlain(value) ? propertiesOf(value) : undefined;
}

/** Own enumerable properties, those named by symbols last. */
export function propertiesOf(value: object): (readonly [key: string | symbol, item: unknown])[] {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length === 0) return Object.entries(value);
  return [...Object.entries(value), ...symbols.map((symbol) => [symbol, Reflect.get(value, symbol)] as const)];
}

/**
 * The members in the fields of `owner`.
 *
 * Throws {@link ArgumentError} for a member whose name would be ambiguous: keys that are empty, have a dot in them, or are neither strings
 * nor numbers. Two of one name (the keys 1 and '1' of a Map) are left to the caller.
 */
export function fieldsOf<M>(owner: object, isMember: (value: unknown) => value is M): Fields<M> {
  const members: Found<M>[] = [];
  const enclosed: Found<M>[] = [];
  /** Containers on the way to where the walk is, so that cycles end. */
  const open: object[] = [];
  const visit = (entries: Iterable<readonly [unknown, unknown]>, prefix: string, unnamed: string | undefined): void => {
    for (const [key, value] of entries) {
      if (typeof value !== 'object' || value === null) continue;
      const path = prefix === '' ? String(key) : `${prefix}.${String(key)}`;
      const reason = unnamed ?? whyNoName(key);
      if (isMember(value)) {
        if (reason !== undefined) {
          throw new ArgumentError(`[${typeNameOf(owner)}] '${path}' cannot be the name of a member: it ${reason}.`, {
            hint: 'Names of parameters are the keys on the way to them, joined by dots: use keys that are strings or numbers, without dots.',
          });
        }
        members.push([path, value]);
        continue;
      }
      const inner = entriesOf(value);
      if (inner === undefined) enclosed.push(...membersInside(path, value, isMember));
      else if (!open.includes(value)) {
        open.push(value);
        visit(inner, path, reason);
        open.pop();
      }
    }
  };
  visit(propertiesOf(owner), '', undefined);
  return { members, enclosed };
}

function whyNoName(key: unknown): string | undefined {
  if (typeof key === 'number' || typeof key === 'bigint') return undefined;
  if (typeof key !== 'string') return `is a key of the type ${typeof key}`;
  if (key === '') return 'is empty';
  return key.includes('.') ? 'has a dot in it' : undefined;
}

/** Members somewhere in an object of another class, looked for without calling its getters. */
function membersInside<M>(path: string, value: object, isMember: (value: unknown) => value is M): Found<M>[] {
  const found: Found<M>[] = [];
  const seen = new Set<object>();
  const visit = (inner: unknown, at: string): void => {
    if (typeof inner !== 'object' || inner === null || seen.has(inner)) return;
    seen.add(inner);
    if (isMember(inner)) found.push([at, inner]);
    else if (inner instanceof Tensor || ArrayBuffer.isView(inner) || inner === globalThis) return;
    else if (Array.isArray(inner) || inner instanceof Map || inner instanceof Set)
      for (const [key, item] of entriesOf(inner) ?? []) visit(item, `${at}.${String(key)}`);
    else {
      for (const key of Reflect.ownKeys(inner)) {
        const property = Object.getOwnPropertyDescriptor(inner, key);
        if (property?.enumerable === true) visit(property.value, `${at}.${String(key)}`);
      }
    }
  };
  visit(value, path);
  return found;
}
