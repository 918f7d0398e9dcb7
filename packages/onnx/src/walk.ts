/** Walks a traced graph into a file: what has an operator becomes one, leaves become inputs and initializers, the rest is followed inside. */
import type { Node } from '@hebb/tensor/graph';
import type { Emitter, Value } from './emitter.ts';
import { first } from './extents.ts';
import { findRule } from './operators/composites.ts';
import { operators, type WrittenPrimitive } from './operators/table.ts';
import { elementTypes, type OnnxTensor } from './schema.ts';
import { Site } from './site.ts';
import type { Traced } from './traced.ts';

/** An initializer whose elements still have to be read; in each trace its data is a node's. */
export interface PendingInitializer {
  readonly tensor: OnnxTensor;
  readonly versions: readonly Node[];
}

export interface WalkNames {
  /** Inputs by their placeholders. */
  readonly inputs: ReadonlyMap<Node, string>;
  /** Parameters and buffers. */
  readonly state: ReadonlyMap<Node, string>;
  /** Paths of the modules that made nodes. */
  readonly modules: ReadonlyMap<Node, string>;
}

export class Walk {
  readonly initializers: PendingInitializer[] = [];
  readonly #emitter: Emitter;
  readonly #names: WalkNames;
  readonly #values = new Map<Traced, Value>();

  constructor(emitter: Emitter, names: WalkNames) {
    this.#emitter = emitter;
    this.#names = names;
  }

  /** The value of a node, written with everything that it needs. Iterative: graphs may be deep. */
  write(root: Traced): Value {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (this.#values.has(node)) {
        stack.pop();
        continue;
      }
      const rule = this.#compositeRule(node);
      const needs = node.leaf ? [] : node.body !== undefined && rule === undefined ? [node.body] : node.inputs;
      const missing = needs.filter((need) => !this.#values.has(need));
      if (missing.length > 0) {
        stack.push(...missing.reverse());
        continue;
      }
      stack.pop();
      this.#values.set(node, this.#value(node, rule));
    }
    return this.#valueOf(root);
  }

  /** The context of a node's rule. */
  site(node: Traced): Site {
    const module = this.#names.modules.get(node.versions[0] as Node);
    return new Site(
      this.#emitter,
      node,
      node.inputs.map((input) => this.#values.get(input)).filter((value) => value !== undefined),
      module,
    );
  }

  #valueOf(node: Traced): Value {
    return this.#values.get(node) as Value;
  }

  #compositeRule(node: Traced): ((site: Site<'composite'>) => Value) | undefined {
    if (node.leaf || node.op !== 'composite') return undefined;
    return findRule(this.site(node) as unknown as Site<'composite'>)?.write;
  }

  #value(node: Traced, rule: ((site: Site<'composite'>) => Value) | undefined): Value {
    if (node.leaf) return this.#leaf(node);
    if (rule !== undefined) return rule(this.site(node) as unknown as Site<'composite'>);
    if (node.body !== undefined) return this.#valueOf(node.body);
    return (operators[node.op as WrittenPrimitive] as (site: Site) => Value)(this.site(node));
  }

  #leaf(node: Traced): Value {
    const base = node.versions[0] as Node;
    const input = this.#names.inputs.get(base);
    if (input !== undefined) return this.#emitter.register({ name: input, dtype: node.dtype, extents: node.extents });
    const name = this.#emitter.builder.unique(this.#names.state.get(base) ?? 'constant');
    const tensor: OnnxTensor = { name, dims: node.extents.map(first), dataType: elementTypes[node.dtype] };
    this.#emitter.builder.initializers.push(tensor);
    this.initializers.push({ tensor, versions: node.versions });
    return { name, dtype: node.dtype, extents: node.extents };
  }
}
