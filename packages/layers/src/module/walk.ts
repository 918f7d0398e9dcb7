/** Walks of a model: its modules from the outside in, with what each of them holds. */
import { ArgumentError, Tensor } from '@hebb/tensor';
import { typeNameOf } from '@hebb/tensor/arguments';
import { isModule, known } from './known.ts';
import { fieldsOf, type Fields } from './members.ts';
import type { AnyModule } from './module.ts';
import { UninitializedError } from './uninitialized.ts';

/** Whether a walk lists `value`: a module, a parameter, a buffer. */
export function isMember(value: unknown): value is Tensor | AnyModule {
  return isModule(value) || (value instanceof Tensor && value.isVariable);
}

/** A module on a walk, with what it holds itself. */
export interface Visit {
  readonly path: string;
  readonly module: AnyModule;
  readonly parameters: (readonly [name: string, tensor: Tensor])[];
  readonly buffers: (readonly [name: string, tensor: Tensor])[];
}

/** Modules from the outside in, as PyTorch walks them. With `again`, shared ones at each of their places. */
export function walk(root: AnyModule, { again = false }: { readonly again?: boolean } = {}): Visit[] {
  const visits: Visit[] = [];
  const seen = new Set<AnyModule>();
  const suspicious: { readonly module: AnyModule; readonly enclosed: Fields<Tensor | AnyModule>['enclosed'] }[] = [];
  const visit = (path: string, module: AnyModule): void => {
    if (seen.has(module)) return;
    seen.add(module);
    const found: Visit = { path, module, parameters: [], buffers: [] };
    visits.push(found);
    const inner: [string, AnyModule][] = [];
    const { members, enclosed } = membersOf(module);
    if (enclosed.length > 0) suspicious.push({ module, enclosed });
    for (const [name, value] of members) {
      const full = path === '' ? name : `${path}.${name}`;
      if (value instanceof Tensor) (value.requiresGrad ? found.parameters : found.buffers).push([full, value]);
      else inner.push([full, value]);
    }
    for (const [full, value] of inner) visit(full, value);
    if (again) seen.delete(module);
  };
  visit('', root);
  if (suspicious.length > 0) {
    const listed = new Set(
      visits.flatMap(({ module, parameters, buffers }) => [
        module,
        ...[...parameters, ...buffers].map(([, tensor]) => tensor),
      ]),
    );
    for (const { module, enclosed } of suspicious)
      requireListed(
        module,
        enclosed.filter(([, value]) => !listed.has(value)),
      );
  }
  if (!again) for (const { path, module } of visits) known().foundAt(module, path);
  return visits;
}

/** What a module says it holds, and what in its fields has no name. */
function membersOf(
  module: AnyModule,
): { members: Iterable<readonly [string, Tensor | AnyModule]> } & Pick<Fields<Tensor | AnyModule>, 'enclosed'> {
  // A class that names its members itself decides what they are.
  return known().namesItself(module) ? { members: module.members(), enclosed: [] } : fieldsOf(module, isMember);
}

/** Throws {@link ArgumentError} for members that a walk would skip. */
function requireListed(module: AnyModule, skipped: Fields<Tensor | AnyModule>['enclosed']): void {
  const [first] = skipped;
  if (first === undefined) return;
  const [field = ''] = first[0].split('.');
  const list = skipped.map(([path, value]) => `${path} (${isModule(value) ? value.describe() : String(value)})`);
  throw new ArgumentError(
    `[${typeNameOf(module)}] the field ${field} holds what is no module and has no names, and in it: ${list.join(', ')}. A walk would skip them.`,
    {
      hint: `Let its class extend Module, or hold its modules and parameters in an array, a plain object, a Map or a Set. What is no part of the model belongs in a private field, #${field}.`,
    },
  );
}

/** All parameters and buffers, in PyTorch's order. Throws {@link UninitializedError} where a lazy layer has none yet. */
export function tensorsOf(
  root: AnyModule,
  kinds: readonly ('parameters' | 'buffers')[] = ['parameters', 'buffers'],
  options: { readonly again?: boolean } = {},
): (readonly [name: string, tensor: Tensor])[] {
  const tensors: (readonly [string, Tensor])[] = [];
  for (const visit of walk(root, options)) {
    if (!visit.module.isInitialized) throw new UninitializedError(visit.module);
    for (const kind of kinds) for (const named of visit[kind]) tensors.push(named);
  }
  return tensors;
}

/** By name, each tensor once. */
export function distinct(named: readonly (readonly [string, Tensor])[]): Map<string, Tensor> {
  const seen = new Set<Tensor>();
  return byName(named.filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor)));
}

/** A Map, where no two have one name. Throws {@link ArgumentError} otherwise. */
export function byName<T>(named: readonly (readonly [string, T])[]): Map<string, T> {
  const map = new Map(named);
  if (map.size === named.length) return map;
  const [twice = ''] = named.find(([name, value]) => map.get(name) !== value) ?? [];
  throw new ArgumentError(`[Module] two members have the name '${twice}'.`, {
    hint: "Names of parameters are the keys on the way to them. In a Map, 1 and '1' are one name.",
  });
}
