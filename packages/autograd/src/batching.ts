/**
 * Batching: a graph recorded for one example, rewritten for many. Whatever depends on an example gets a leading axis that counts them; the rest
 * stays as it is. It is a walk from results back to placeholders with a rule for every primitive, and records only.
 */
import { HebbError } from '@hebb/tensor';
import {
  callerOf,
  claimDraws,
  drawOf,
  isOp,
  knownAs,
  makeNode,
  makeParameter,
  recordDraws,
  type Attributes,
  type Node,
  type SourceDraws,
  type TensorType,
} from '@hebb/tensor/graph';
import { batchComposite } from './batching-composites.ts';
import { batchingRules, expand, type PlainPrimitive, type Rule } from './batching-rules.ts';
import { batchResult, batchScan, type BatchedLoop } from './batching-scan.ts';
import { asMappingOf } from './provenance.ts';

/** A value for all examples. */
export interface Batched {
  /** With a leading axis of examples where `mapped`, else the same for all. */
  readonly node: Node;
  readonly mapped: boolean;
}

/** What has to be known for all examples before a node is made for them. */
function sourcesOf(node: Node): readonly Node[] {
  if (!isOp(node, 'composite')) return node.inputs;
  const { body, boundary } = node.attributes;
  return boundary === undefined ? [body] : [...node.inputs, ...boundary, body];
}

/** What nodes are for all examples: at first of placeholders, then of all that a walk meets. */
export class Batching {
  /** Number of examples. */
  readonly count: number;
  /** Where what is not known here is looked for: the body of a loop knows what lies around it. */
  readonly #around: Batching | undefined;
  readonly #values = new Map<Node, Batched>();
  readonly #loops = new Map<Node, BatchedLoop>();
  /** What is drawn for each example. */
  readonly #drawn = new Set<Node>();

  constructor(count: number, around?: Batching) {
    this.count = count;
    this.#around = around;
  }

  /** For the body of a loop, whose parameters mean something else in every loop that has them. */
  inside(): Batching {
    return new Batching(this.count, this);
  }

  /** Stands for one example of `all`, which has a leading axis of examples. */
  placeholder(type: TensorType, all: Node): Node {
    const parameter = makeParameter(type);
    this.set(parameter, { node: all, mapped: true });
    return parameter;
  }

  set(node: Node, value: Batched): void {
    this.#values.set(node, value);
  }

  /**
   * Runs what records the work on one example. Random numbers that are drawn in it are drawn for each example, as a loop over the examples
   * would: they depend on the example, too.
   */
  record<T>(body: () => T): T {
    const { value, draws } = recordDraws(body);
    for (const draw of draws.drawn) this.#drawn.add(draw);
    for (const [source, node] of claimDraws(draws, 1))
      this.set((draws.sources.get(source) as SourceDraws).first, { node, mapped: false });
    return value;
  }

  /** What a node is for all examples. Iterative, so that a chain of a hundred thousand operations does not overflow the stack. */
  batch(root: Node): Batched {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (this.#isKnown(node)) {
        stack.pop();
        continue;
      }
      const missing = sourcesOf(node).filter((source) => !this.#isKnown(source));
      if (missing.length > 0) {
        stack.push(...missing.reverse());
        continue;
      }
      stack.pop();
      asMappingOf(node, () => {
        const loop = isOp(node, 'scan') ? batchScan(node, this) : undefined;
        if (loop === undefined)
          this.set(
            node,
            knownAs(callerOf(node), () => this.#make(node)),
          );
        else this.#loops.set(node, loop);
      });
    }
    return this.known(root);
  }

  /** {@link batch} with a leading axis of examples, also where all are the same. */
  all(root: Node): Node {
    return expand(this.batch(root), this.count);
  }

  /** What a node is whose turn has been. */
  known(node: Node): Batched {
    const value = this.#valueOf(node);
    if (value !== undefined) return value;
    if (!node.local) return { node, mapped: false };
    throw new HebbError(`internal: ${node.op} is not known for all examples`);
  }

  #valueOf(node: Node): Batched | undefined {
    const own = this.#values.get(node);
    return own !== undefined || this.#around === undefined ? own : this.#around.#valueOf(node);
  }

  #isDrawn(node: Node): boolean {
    if (this.#drawn.has(node)) return true;
    return this.#around === undefined ? false : this.#around.#isDrawn(node);
  }

  #loopOf(node: Node): BatchedLoop | undefined {
    const own = this.#loops.get(node);
    return own !== undefined || this.#around === undefined ? own : this.#around.#loopOf(node);
  }

  /** The same operation on what its inputs are here, where the numbers of draws stand for others. */
  #withInputs(node: Node, inputs: readonly Batched[]): Node {
    if (inputs.every((input, i) => input.node === node.inputs[i])) return node;
    const own = inputs.map((input) => input.node);
    return makeNode(node.op, own, node.attributes);
  }

  /** What depends on a placeholder is local, as placeholders are. */
  #isKnown(node: Node): boolean {
    return !node.local || this.#valueOf(node) !== undefined || this.#loopOf(node) !== undefined;
  }

  #make(node: Node): Batched {
    if (isOp(node, 'composite')) return batchComposite(node, this);
    const loop = isOp(node, 'result') ? this.#loopOf(node.inputs[0] as Node) : undefined;
    if (loop !== undefined) return batchResult(loop, (node.attributes as Attributes['result']).index, this.count);
    const inputs = node.inputs.map((input) => this.known(input));
    if (this.#isDrawn(node)) {
      const shape = [this.count, ...node.type.shape];
      return {
        node: drawOf(
          inputs.map((input) => input.node),
          shape,
          node.attributes as Attributes['random'],
        ),
        mapped: true,
      };
    }
    if (!inputs.some(({ mapped }) => mapped)) return { node: this.#withInputs(node, inputs), mapped: false };
    const op = node.op as PlainPrimitive;
    const rule = batchingRules[op] as Rule<PlainPrimitive>;
    return { node: rule(inputs, node.attributes, this.count), mapped: true };
  }
}
