import type { Module } from '@hebb/layers';

/** Remembers the mode (training or evaluation) of every module in `models`; the result puts them back. */
export function modesOf(...models: readonly Module[]): () => void {
  const modes = models
    .flatMap((model) => [...model.namedModules().values()])
    .map((module) => ({ module, training: module.training }));
  return () => {
    for (const { module, training } of modes) module.training = training;
  };
}
