/** Members that a model holds in several places: tied weights, a layer that is used twice. */
import type { Tensor } from '@hebb/tensor';
import type { AnyModule } from './module.ts';
import { walk } from './walk.ts';

/**
 * The names of each member that is one thing in several places of `root`, first the one under which walks list it. Left out is what follows
 * from the others (the weights of a shared layer), and what lies within a module at one of the paths `said`: that module says it itself.
 */
export function sharedMembers(root: AnyModule, said: readonly string[]): string[][] {
  const modules = new Map<AnyModule, string[]>();
  const tensors = new Map<Tensor, string[]>();
  /** Where modules are that were met before. */
  const repeated: string[] = [];
  for (const { path, module, parameters, buffers } of walk(root, { again: true })) {
    if (repeated.some((place) => path.startsWith(`${place}.`))) continue;
    const paths = modules.get(module);
    modules.set(module, [...(paths ?? []), path]);
    if (paths !== undefined) repeated.push(path);
    else
      for (const [name, tensor] of [...parameters, ...buffers])
        tensors.set(tensor, [...(tensors.get(tensor) ?? []), name]);
  }
  const innerOf = (name: string): string | undefined => said.find((prefix) => name.startsWith(`${prefix}.`));
  return [...modules.values(), ...tensors.values()].filter((names) => {
    if (names.length < 2) return false;
    const [first = ''] = names;
    const inner = innerOf(first);
    return inner === undefined || !names.every((name) => innerOf(name) === inner);
  });
}
