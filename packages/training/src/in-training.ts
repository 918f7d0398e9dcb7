/** What runs are training now, so that no two of them train the same. */
import type { Module } from '@hebb/layers';
import type { TrainingOptimizer } from '@hebb/optimizers';
import type { Tensor } from '@hebb/tensor';
import { TrainingError } from './errors.ts';

/** Modules, optimizers, parameters and buffers of runs that are going on. */
const inTraining = new WeakSet();

/** Named in a message; of more it says how many. */
const namedAtMost = 4;

/** What a run trains. */
interface Trained {
  readonly modules: ReadonlyMap<string, Module>;
  readonly optimizers: ReadonlyMap<string, TrainingOptimizer>;
}

/**
 * Claims all that a run trains until the function that is returned is called. Other modules around the same weights are the same: steps of
 * two runs would mix, and one would leave the mode in which the other has begun.
 *
 * @param states callbacks and schedules that keep a state, which would be that of both runs
 * @throws TrainingError naming what another run is training, having claimed nothing
 */
export function claim(
  where: string,
  trained: Trained,
  states: Iterable<readonly [name: string, state: object]> = [],
): () => void {
  const own = new Map([...membersOf(trained), ...[...states].map(([name, state]) => [state, name] as const)]);
  const taken = [...own].filter(([object]) => inTraining.has(object)).map(([, name]) => name);
  if (taken.length > 0) {
    const named = taken.filter((name) => !taken.some((other) => name.startsWith(`${other}.`)));
    const rest = named.length > namedAtMost ? ` and ${named.length - namedAtMost} more` : '';
    throw new TrainingError(
      `[${where}] another run is training this already: ${named.slice(0, namedAtMost).join(', ')}${rest}.`,
      { hint: 'Await one run before the next begins: await fit(…). Two at once would mix their steps.' },
    );
  }
  for (const object of own.keys()) inTraining.add(object);
  return () => {
    for (const object of own.keys()) inTraining.delete(object);
  };
}

/** Everything that a run trains, each by the first name under which it is found. */
function membersOf({ modules, optimizers }: Trained): ReadonlyMap<object, string> {
  const members = new Map<object, string>();
  const add = (object: object, name: string): void => {
    if (!members.has(object)) members.set(object, name);
  };
  for (const [name, module] of modules) {
    add(module, name);
    for (const [path, tensor] of module.stateDict()) add(tensor, `${name}.${path}`);
  }
  for (const [name, optimizer] of optimizers) {
    add(optimizer, name);
    for (const [path, tensor] of parametersOf(optimizer)) add(tensor, `${name}.${path}`);
  }
  return members;
}

/** Also those frozen now, where the optimizer tells its groups: they may be unfrozen while the run goes on. */
function parametersOf({ groups, parameters }: TrainingOptimizer): Iterable<readonly [string, Tensor]> {
  return groups === undefined ? parameters : groups.flatMap((group) => [...group.parameters]);
}
