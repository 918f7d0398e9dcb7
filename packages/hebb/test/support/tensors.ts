/** Tensors anywhere in the arguments and results of the walks over all public functions. */
import * as hebb from '../../src/index.ts';

/** `value` with every tensor in arrays and plain objects replaced; objects without any stay themselves, since definitions of composites are known by identity. */
export function withTensors(value: unknown, replace: (tensor: hebb.Tensor) => hebb.Tensor): unknown {
  if (value instanceof hebb.Tensor) return replace(value);
  if (Array.isArray(value)) return value.map((item: unknown) => withTensors(item, replace));
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const items = Object.entries(value).map(
      ([key, item]: [string, unknown]) => [key, item, withTensors(item, replace)] as const,
    );
    return items.some(([, item, replaced]) => item !== replaced)
      ? Object.fromEntries(items.map(([key, , replaced]) => [key, replaced]))
      : value;
  }
  return value;
}

export function tensorsIn(value: unknown): hebb.Tensor[] {
  const found: hebb.Tensor[] = [];
  withTensors(value, (each) => {
    found.push(each);
    return each;
  });
  return found;
}
