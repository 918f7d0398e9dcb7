/** Modes of modules, which callbacks leave as they found them. */
import type { Module } from '@hebb/layers';
import { modesOf } from '@hebb/layers/internal';

/**
 * Returns a function that puts all modes back where a module as a whole is in another one than now, and tells the names of those. A callback that samples
 * from the model and forgets `train()` would else turn dropout off for the rest of the run. Parts of a module may be given another mode: batch
 * normalisation that is to learn no more, say.
 */
export function keptModes(modules: ReadonlyMap<string, Module>): () => readonly string[] {
  const before = [...modules].map(([name, module]) => ({ name, module, training: module.training }));
  const restore = modesOf(...modules.values());
  return () => {
    const changed = before.filter(({ module, training }) => module.training !== training);
    if (changed.length > 0) restore();
    return changed.map(({ name }) => name);
  };
}
