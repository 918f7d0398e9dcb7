/** What a class of modules is called. */
import { requireObject } from '@hebb/tensor/arguments';

/**
 * What the class of a module is called: its own `static type`, which minifiers leave alone, or the name that it has in the program.
 *
 * ```ts
 * typeNameOf(new Linear(2, 3)); // 'Linear'
 * ```
 */
export function typeNameOf(module: object): string {
  requireObject('typeNameOf', 'the module', module);
  return ownTypeNameOf(module) ?? (module.constructor.name || 'Module');
}

/** The `static type` of a module's own class, not that of a class which it extends. */
export function ownTypeNameOf(module: object): string | undefined {
  const { constructor } = module;
  const type: unknown = Object.hasOwn(constructor, 'type') ? Reflect.get(constructor, 'type') : undefined;
  return typeof type === 'string' ? type : undefined;
}
