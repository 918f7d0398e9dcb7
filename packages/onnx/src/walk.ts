/** Walks a traced graph into a file: what has an operator becomes one, leaves become inputs and initializers, the rest is followed inside. */
import { leavesDType, type DType, type Node } from '@hebb/tensor/graph';
import type { Emitter, Value } from './emitter.ts';
import { first } from './extents.ts';
import { findRule } from './operators/composites.ts';
import { writeLoop, type LoopResults } from './operators/loops.ts';
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
  /** Of every loop, which of its results are read. */
  readonly results: ReadonlyMap<Traced, ReadonlySet<number>>;
}

/** The step of a loop that is being written. */
interface Step {
  readonly around: Walk;
  readonly own: ReadonlySet<Traced>;
}

/** What a node is written from. */
function dependenciesOf({ inputs, body, step }: Traced): readonly Traced[] {
  if (body !== undefined) return [...inputs, body];
  return step === undefined ? inputs : [...inputs, ...step.results];
}

/** Which results are read of every loop that the outputs are computed by. */
export function resultsOfLoops(outputs: readonly Traced[]): Map<Traced, Set<number>> {
  const read = new Map<Traced, Set<number>>();
  const seen = new Set(outputs);
  for (const node of seen) {
    if (node.op === 'result' && !node.leaf) {
      const loop = node.inputs[0] as Traced;
      read.set(loop, (read.get(loop) ?? new Set()).add((node as Traced<'result'>).versions[0]?.attributes.index ?? 0));
    }
    for (const dependency of dependenciesOf(node)) seen.add(dependency);
  }
  return read;
}

/** What depends on the parameters of a step; all else is the same at every step. */
function dependentOn(parameters: readonly Traced[], results: readonly Traced[]): Set<Traced> {
  const own = new Set(parameters);
  const done = new Set(parameters);
  const stack = [...results];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const behind = dependenciesOf(node);
    const missing = done.has(node) ? [] : behind.filter((dependency) => !done.has(dependency));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    stack.pop();
    done.add(node);
    if (behind.some((dependency) => own.has(dependency))) own.add(node);
  }
  return own;
}

export class Walk {
  readonly initializers: PendingInitializer[];
  readonly #emitter: Emitter;
  readonly #names: WalkNames;
  readonly #values: Map<Traced, Value>;
  readonly #loops = new Map<Traced, LoopResults>();
  readonly #step: Step | undefined;

  constructor(emitter: Emitter, names: WalkNames, values: Map<Traced, Value> = new Map(), step?: Step) {
    this.#emitter = emitter;
    this.#names = names;
    this.#values = values;
    this.#step = step;
    this.initializers = step === undefined ? [] : step.around.initializers;
  }

  /** The value of a node, written with everything that it needs. Iterative: graphs may be deep. */
  write(root: Traced): Value {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (this.#values.has(node)) {
        stack.pop();
        continue;
      }
      if (this.#step?.own.has(node) === false) {
        stack.pop();
        this.#values.set(node, this.#step.around.write(node));
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
    if (node.step !== undefined) return this.#loop(node as Traced<'scan'>);
    if (node.op === 'result') return this.#result(node as Traced<'result'>);
    const value = (operators[node.op as WrittenPrimitive] as (site: Site) => Value)(this.site(node));
    if (node.stored === node.dtype || !leavesDType(node.op as WrittenPrimitive, node.stored)) return value;
    return this.cast(this.cast(value, node.stored), node.dtype);
  }

  /** The value in another dtype; itself where it has it. */
  cast(value: Value, dtype: DType): Value {
    if (value.dtype === dtype) return value;
    const { extents } = value;
    return this.#emitter.emit('Cast', [value], { to: elementTypes[dtype] }, { dtype, extents }, 'Cast');
  }

  #loop(node: Traced<'scan'>): Value {
    const { parameters = [], results = [] } = node.step ?? {};
    const inside = this.#emitter.inside();
    const read = this.#names.results.get(node) ?? new Set<number>();
    const { carries } = (node.versions[0] as Node<'scan'>).attributes;
    // What only a gradient would read is not written.
    const isRead = (i: number): boolean => i < carries || read.has(i + carries);
    const loop = writeLoop(this.site(node) as unknown as Site<'scan'>, inside, {
      read,
      write: (values) => {
        const own = dependentOn(parameters, results);
        const known = new Map(parameters.map((parameter, i) => [parameter, values[i] as Value]));
        const walk = new Walk(inside, this.#names, known, { around: this, own });
        return results.map((result, i) =>
          isRead(i) ? walk.site(result).expand(walk.write(result), result.extents) : undefined,
        );
      },
    });
    this.#loops.set(node, loop);
    return loop.values().next().value as Value;
  }

  #result(node: Traced<'result'>): Value {
    const index = (this.site(node) as unknown as Site<'result'>).fixed('index');
    return this.#loops.get(node.inputs[0] as Traced)?.get(index) as Value;
  }

  #leaf(node: Traced): Value {
    const base = node.versions[0] as Node;
    const input = this.#names.inputs.get(base);
    const { stored: dtype, extents } = node;
    if (input !== undefined) return this.cast(this.#emitter.register({ name: input, dtype, extents }), node.dtype);
    const name = this.#emitter.builder.unique(this.#names.state.get(base) ?? 'constant');
    const tensor: OnnxTensor = { name, dims: node.extents.map(first), dataType: elementTypes[dtype] };
    this.#emitter.builder.initializers.push(tensor);
    this.initializers.push({ tensor, versions: node.versions });
    return this.cast({ name, dtype, extents }, node.dtype);
  }
}
