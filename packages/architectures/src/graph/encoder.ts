/** What wraps a network needs of it. */
import { Module } from '@hebb/layers';
import { wrongArgument } from '@hebb/tensor/arguments';
import type { GraphEncoder } from './network.ts';

/** Throws `ArgumentError` unless it is a module. */
export function requireEncoder(where: string, encoder: GraphEncoder): void {
  if (!(encoder instanceof Module)) throw wrongArgument(where, 'the encoder', 'a network of graph layers', encoder);
}
