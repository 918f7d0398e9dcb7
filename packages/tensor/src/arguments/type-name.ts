/** What a class is called, in files and in messages. */

/**
 * What messages call the class of an object: its own `static type`, a literal, which minifiers leave alone, or the name that it has in the program, or
 * (for a class without any) the `static type` of one that it extends. Empty where there is nothing of all that.
 */
export function typeNameOf(object: object): string {
  const { constructor } = object as { constructor?: unknown };
  if (typeof constructor !== 'function') return '';
  return ownTypeNameOf(object) ?? (constructor.name === '' ? (typeOf(constructor) ?? '') : constructor.name);
}

/**
 * What files call the class of an object: its own `static type`, and not that of a class which it extends. Undefined where it says none.
 */
export function ownTypeNameOf(object: object): string | undefined {
  const { constructor } = object as { constructor?: unknown };
  return typeof constructor === 'function' && Object.hasOwn(constructor, 'type') ? typeOf(constructor) : undefined;
}

function typeOf(constructor: object): string | undefined {
  const type: unknown = Reflect.get(constructor, 'type');
  return typeof type === 'string' ? type : undefined;
}
