/** What the rules of composites share. */
import type { CompositeAttributes } from '@hebb/tensor';
import type { Node } from '@hebb/tensor/graph';
import type { Value } from '../emitter.ts';
import type { Site } from '../site.ts';

export interface CompositeRule {
  /** The first opset that has the operator. Default: any. */
  readonly since?: number;
  /** Names of options that follow from the sizes of the inputs: they may be others in each trace. */
  readonly sized?: readonly string[];
  /** Whether the operator covers this use. Default: always. */
  readonly covers?: (site: Site<'composite'>) => boolean;
  readonly write: (site: Site<'composite'>) => Value;
}

export function numberOf(options: CompositeAttributes, name: string): number {
  const value = options[name];
  return typeof value === 'number' ? value : 0;
}

export function listOf(options: CompositeAttributes, name: string): readonly number[] {
  const value = options[name];
  return Array.isArray(value) ? (value as readonly number[]) : [];
}

/** The options, which are the same in every trace but for the rule's `sized` ones: otherwise the body is written; see `findRule`. */
export function optionsOf(site: Site<'composite'>): CompositeAttributes {
  return (site.node.versions[0] as Node<'composite'>).attributes.options;
}
