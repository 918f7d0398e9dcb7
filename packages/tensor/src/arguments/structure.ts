/** Values in arrays, plain objects and Maps, as deep as users like: one walk for all that take or return such structures. */
import { ArgumentError } from '../graph/errors.ts';
import { describe } from './describe.ts';
import { isPlain } from './values.ts';

/** Ls in arrays, objects and Maps. */
export type Structure<L> =
  L | readonly Structure<L>[] | { readonly [name: string]: Structure<L> } | ReadonlyMap<string | number, Structure<L>>;

export interface StructureWalk {
  /** The function that the structure was given to, for messages. */
  readonly op: string;
  /** What the structure is, for messages: `argument 0`. */
  readonly name: string;
  /** What takes the place of everything that is no array, plain object or Map; `path` says where it stands: `argument 0.images[1]`. */
  readonly leaf: (value: unknown, path: string) => unknown;
  /** Told of every array, object and Map, before what is in it, in words that determine its keys and their order. */
  readonly enter?: (form: string) => void;
}

/**
 * The same structure with other leaves. Instances of classes are leaves.
 *
 * Throws {@link ArgumentError} for structures that contain themselves and for keys of Maps that are no strings or numbers.
 */
export function mapStructure(structure: unknown, walk: StructureWalk): unknown {
  return visit(structure, walk.name, walk, []);
}

/** `open` are the structures around the value. No function is made on the way: a step of training walks its batch and its results here. */
function visit(value: unknown, path: string, walk: StructureWalk, open: object[]): unknown {
  if (typeof value !== 'object' || value === null) return walk.leaf(value, path);
  if (Array.isArray(value)) {
    walk.enter?.(`[${value.length}`);
    enclose(value, path, walk, open);
    // Neither map(), which skips holes, nor Array.from(), which is slower.
    const parts = new Array<unknown>(value.length);
    for (let i = 0; i < parts.length; i++) parts[i] = visit(value[i], `${path}[${i}]`, walk, open);
    open.pop();
    return parts;
  }
  const isMap = value instanceof Map;
  if (!isMap && !isPlain(value)) return walk.leaf(value, path);
  const entries: [unknown, unknown][] = isMap ? [...(value as ReadonlyMap<unknown, unknown>)] : Object.entries(value);
  if (isMap) requireNames(entries, path, walk);
  walk.enter?.(isMap ? `M${namesIn(entries)}` : `{${namesIn(entries)}`);
  enclose(value, path, walk, open);
  for (const entry of entries) entry[1] = visit(entry[1], `${path}.${String(entry[0])}`, walk, open);
  open.pop();
  return isMap ? new Map(entries) : Object.fromEntries(entries as [string, unknown][]);
}

function enclose(value: object, path: string, { op }: StructureWalk, open: object[]): void {
  if (open.includes(value))
    throw new ArgumentError(`[${op}] ${path} contains itself.`, { hint: 'Pass what is needed of it alone.' });
  open.push(value);
}

function requireNames(entries: readonly [unknown, unknown][], path: string, { op }: StructureWalk): void {
  for (const [key] of entries)
    if (typeof key !== 'string' && typeof key !== 'number')
      throw new ArgumentError(`[${op}] keys of Maps are strings or numbers, not ${describe(key)}, in ${path}.`);
}

/** 1 and '1' are two keys of a Map. */
function namesIn(entries: readonly [unknown, unknown][]): string {
  return JSON.stringify(entries.map(([key]) => (typeof key === 'string' ? key : [String(key)])));
}
