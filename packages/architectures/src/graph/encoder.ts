/** What wraps a network needs of it. */
import { Module } from '@hebb/layers';
import { ShapeError, type Tensor } from '@hebb/tensor';
import { requireTensor, wrongArgument } from '@hebb/tensor/arguments';
import type { GraphEncoder } from './network.ts';

/** Throws `ArgumentError` unless it is a module. */
export function requireEncoder(where: string, encoder: GraphEncoder): void {
  if (!(encoder instanceof Module)) throw wrongArgument(where, 'the encoder', 'a network of graph layers', encoder);
}

/** Throws `ShapeError` unless there are as many features as the option `name` says, where it does. */
export function requireEmbeddings(where: string, name: string, x: Tensor, features: number | undefined): void {
  requireTensor(where, 'the embeddings', x);
  if (x.ndim !== 2 || (features !== undefined && x.shape[1] !== features))
    throw new ShapeError(
      `[${where}] takes embeddings [nodes, ${features ?? 'features'}] of the encoder, which gives ${x}.`,
      features === undefined ? {} : { hint: `Say so by ${name} when you make it.` },
    );
}
