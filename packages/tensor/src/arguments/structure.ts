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
export function mapStructure(structure: unknown, { op, name, leaf, enter }: StructureWalk): unknown {
  const open = new Set<object>();
  const inside = <T>(value: object, path: string, map: () => T): T => {
    if (open.has(value)) {
      throw new ArgumentError(`[${op}] ${path} contains itself.`, { hint: 'Pass what is needed of it alone.' });
    }
    open.add(value);
    const mapped = map();
    open.delete(value);
    return mapped;
  };
  const visit = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return leaf(value, path);
    if (Array.isArray(value)) {
      enter?.(`[${value.length}`);
      return inside(value, path, () => {
        // Neither map(), which skips holes, nor Array.from(), which is slower: a step of training walks its parameters here.
        const parts = new Array<unknown>(value.length);
        for (let i = 0; i < parts.length; i++) parts[i] = visit(value[i] as unknown, `${path}[${i}]`);
        return parts;
      });
    }
    if (value instanceof Map) {
      const entries = [...(value as ReadonlyMap<unknown, unknown>)];
      for (const [key] of entries) {
        if (typeof key !== 'string' && typeof key !== 'number') {
          throw new ArgumentError(`[${op}] keys of Maps are strings or numbers, not ${describe(key)}, in ${path}.`);
        }
      }
      enter?.(`M${JSON.stringify(entries.map(([key]) => (typeof key === 'string' ? key : [String(key)])))}`);
      return inside(
        value,
        path,
        () => new Map(entries.map(([key, part]) => [key, visit(part, `${path}.${String(key)}`)])),
      );
    }
    if (!isPlain(value)) return leaf(value, path);
    const entries = Object.entries(value);
    enter?.(`{${JSON.stringify(entries.map(([key]) => key))}`);
    return inside(value, path, () =>
      Object.fromEntries(entries.map(([key, part]) => [key, visit(part, `${path}.${key}`)])),
    );
  };
  return visit(structure, name);
}
