/** Where examples stand, said of whole structures or of parts of them, down to single tensors. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { describe, isPlain, mapStructure, type Structure } from '@hebb/tensor/arguments';
import { mapTensors } from './structure.ts';

/** The axis of the examples, or null where all examples share the value. */
export type ExampleAxis = number | null;
/** An axis for all tensors below, or a structure of axes like the upper levels of what it is said of. */
export type ExampleAxes = Structure<ExampleAxis>;

/** Throws {@link ArgumentError} for what is no structure of axes. */
export function requireAxes(name: string, axes: unknown): asserts axes is ExampleAxes {
  const leaf = (axis: unknown, path: string): void => {
    if (axis === null || Number.isInteger(axis)) return;
    throw new ArgumentError(`[vmap] ${path} must be an axis (an integer) or null, not ${describe(axis)}.`);
  };
  mapStructure(axes, { op: 'vmap', name, leaf });
}

/** A value that axes are said of. */
interface Subject {
  readonly value: unknown;
  readonly name: string;
  /** What is said of anything that is no tensor. */
  readonly purpose: string;
}

interface NamedAxes {
  readonly axes: ExampleAxes;
  readonly name: string;
}

interface Replacements {
  readonly mapped: (tensor: Tensor, axis: number, path: string) => unknown;
  /** Of tensors whose axis is null. Default: whatever has the axis null is handed on as it is, and need be no tensor. */
  readonly shared?: (tensor: Tensor, path: string) => unknown;
}

/** The names of the parts of an array, plain object or Map, and the parts themselves; undefined for anything else. */
function partsOf(value: unknown): ReadonlyMap<string | number, unknown> | undefined {
  if (Array.isArray(value)) return new Map((value as readonly unknown[]).entries());
  if (value instanceof Map) return value as ReadonlyMap<string | number, unknown>;
  return isPlain(value) ? new Map(Object.entries(value)) : undefined;
}

const isSameKind = (a: object, b: object): boolean =>
  Array.isArray(a) === Array.isArray(b) && a instanceof Map === b instanceof Map;

/**
 * The same structure with every tensor replaced by what its axis says. Throws {@link ArgumentError} where the axes have another structure, and
 * for what is no tensor and yet mapped over.
 */
export function mapByAxes(
  { value, name, purpose }: Subject,
  { axes, name: axesName }: NamedAxes,
  replacements: Replacements,
): unknown {
  if (axes === null) {
    const { shared } = replacements;
    return shared === undefined ? value : mapTensors('vmap', value, name, shared, purpose);
  }
  if (typeof axes === 'number')
    return mapTensors('vmap', value, name, (tensor, path) => replacements.mapped(tensor, axes, path), purpose);
  const [parts, own] = [partsOf(value), partsOf(axes)];
  const fits =
    parts !== undefined &&
    own !== undefined &&
    isSameKind(value as object, axes) &&
    parts.size === own.size &&
    [...own.keys()].every((key) => parts.has(key));
  if (!fits) {
    throw new ArgumentError(
      `[vmap] ${axesName}, ${describe(axes)}, has another structure than ${name}, ${describe(value)}.`,
      { hint: 'Say one axis (or null) for all of it, or one for each of its parts.' },
    );
  }
  const map = (part: unknown, key: string | number): unknown => {
    const place = Array.isArray(value) ? `[${key}]` : `.${key}`;
    return mapByAxes(
      { value: part, name: `${name}${place}`, purpose },
      { axes: own.get(key) as ExampleAxes, name: `${axesName}${place}` },
      replacements,
    );
  };
  const entries = [...parts].map(([key, part]) => [key, map(part, key)] as const);
  if (Array.isArray(value)) return entries.map(([, part]) => part);
  return value instanceof Map ? new Map(entries) : Object.fromEntries(entries);
}
