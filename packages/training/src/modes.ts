import type { Module } from '@hebb/layers';

/** Remembers the mode (training or evaluation) of every module in `model`; the result puts them back. */
export function modesOf(model: Module): () => void {
  const modes = [...model.namedModules().values()].map((module) => ({ module, training: module.training }));
  return () => {
    for (const { module, training } of modes) module.training = training;
  };
}
