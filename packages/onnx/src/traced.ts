/** The graphs of several traces, laid over one another: one structure, with every number in as many versions as there are traces. */
import { computedDType, formatType, type Attributes, type DType, type Node, type Primitive } from '@hebb/tensor/graph';
import { Alignment } from './alignment.ts';
import { bodyOf, dependenciesOf, insideOf, isData, stepOf } from './data.ts';
import { OnnxExportError, sizeHints } from './errors.ts';
import type { Extent } from './extents.ts';

export interface Traced<P extends Primitive = Primitive> {
  readonly op: P;
  /** Data instead of an operation: a parameter, a realised tensor, an argument. */
  readonly leaf: boolean;
  readonly inputs: readonly Traced[];
  /** What a composite stands for; undefined where it is written as one operator, so that bodies need not be alike at all sizes. */
  readonly body: Traced | undefined;
  /** What a loop does at each step. */
  readonly step: { readonly parameters: readonly Traced[]; readonly results: readonly Traced[] } | undefined;
  /** The node in each trace. */
  readonly versions: readonly Node<P>[];
  /** That of the values in the file: float16 and uint8 are computed as float32 and int32 there, too. */
  readonly dtype: DType;
  /** That of the values in Hebb, of inputs and of outputs. */
  readonly stored: DType;
  readonly extents: readonly Extent[];
}

/** Data, and whatever is the same node in every trace: it was computed outside, and is data to the model. */
function isLeaf(versions: readonly Node[]): boolean {
  return isData(versions[0] as Node) || (versions.length > 1 && versions.every((node) => node === versions[0]));
}

function describe(node: Node): string {
  const name = node.op === 'composite' ? (node.attributes as Attributes['composite']).name : node.op;
  return `${name === 'argument' ? 'the input' : name === 'buffer' ? 'data' : name} ${formatType(node.type)}`;
}

/** Composites of two definitions, or of the same under two names, are different things. */
function sameComposite({ attributes: a }: Node<'composite'>, { attributes: b }: Node<'composite'>): boolean {
  return a.definition === b.definition && a.name === b.name;
}

/** What the sizes of each trace are, for messages. */
export interface TraceNames {
  /** `batch = 1, time = 53`. */
  readonly sizes: readonly string[];
  /** `batch (axis 0 of x)`: the sizes in which a trace differs from the first. */
  readonly axes: readonly string[];
  /** The inputs of each trace, in order. */
  readonly placeholders: readonly (readonly Node[])[];
  /** Path of the module that made a node of the first trace, where known. */
  readonly moduleOf: (node: Node) => string | undefined;
}

/** Lays graphs over one another. Throws where their structures differ. */
export class Overlay {
  /** By the nodes of all traces: what one trace computes once, another may compute twice. */
  readonly #known = new Map<string, Traced>();
  /** What stands in the steps of loops for their inputs, in all traces, by that of the first. */
  readonly #parameters = new Map<Node, readonly (Node | undefined)[]>();
  readonly #numbers = new Map<Node, number>();
  readonly #alignment = new Alignment();
  readonly #names: TraceNames;
  readonly #isOperator: (composite: Traced<'composite'>) => boolean;

  /** `isOperator`: whether a composite, whose body is not known yet, is written as one operator. */
  constructor(names: TraceNames, isOperator: (composite: Traced<'composite'>) => boolean) {
    this.#names = names;
    this.#isOperator = isOperator;
  }

  /** The node that is `versions[i]` in trace i. Iterative: graphs may be deep. */
  add(root: readonly Node[]): Traced {
    const versions = this.#alignment.align(root);
    const stack: (readonly Node[])[] = [versions];
    for (let current = stack.at(-1); current !== undefined; current = stack.at(-1)) {
      const key = this.#keyOf(current);
      if (this.#known.has(key)) {
        stack.pop();
        continue;
      }
      this.#check(current);
      const base = current[0] as Node;
      const leaf = isLeaf(current);
      const inputs = leaf ? [] : this.#traced(current, (node) => node.inputs, stack);
      if (inputs === undefined) continue;
      const alone: Traced = {
        op: base.op,
        leaf,
        inputs,
        body: undefined,
        step: undefined,
        versions: current,
        dtype: computedDType(base.type.dtype),
        stored: base.type.dtype,
        extents: base.type.shape.map((_, axis) => current.map((node) => node.type.shape[axis] ?? 0)),
      };
      const isWhole = leaf || (bodyOf(base) !== undefined && this.#isOperator(alone as Traced<'composite'>));
      const inside = isWhole ? [] : this.#traced(current, insideOf, stack);
      if (inside === undefined) continue;
      stack.pop();
      const count = leaf ? 0 : (stepOf(base)?.parameters.length ?? 0);
      const step = { parameters: inside.slice(0, count), results: inside.slice(count) };
      const isLoop = !leaf && stepOf(base) !== undefined;
      this.#known.set(key, { ...alone, body: isLoop ? undefined : inside[0], step: isLoop ? step : undefined });
    }
    return this.#known.get(this.#keyOf(versions)) as Traced;
  }

  /** Some of what nodes are built from, or undefined where that is not traced yet; then it is put on the stack. */
  #traced(
    versions: readonly Node[],
    partsOf: (node: Node) => readonly Node[],
    stack: (readonly Node[])[],
  ): Traced[] | undefined {
    const own = versions.map(partsOf);
    const parts = (own[0] ?? []).map((_, i) => this.#alignment.align(own.map((list) => list[i] as Node)));
    const traced = parts.map((nodes) => this.#known.get(this.#keyOf(nodes)));
    const missing = parts.filter((_, i) => traced[i] === undefined);
    stack.push(...missing.reverse());
    return missing.length > 0 ? undefined : (traced as Traced[]);
  }

  #keyOf(versions: readonly Node[]): string {
    let key = '';
    for (const node of versions) {
      let number = this.#numbers.get(node);
      if (number === undefined) {
        number = this.#numbers.size;
        this.#numbers.set(node, number);
      }
      key += `${number},`;
    }
    return key;
  }

  #check(versions: readonly Node[]): void {
    const base = versions[0] as Node;
    const steps = versions.map(stepOf);
    steps[0]?.parameters.forEach((parameter, i) =>
      this.#parameters.set(
        parameter,
        steps.map((step) => step?.parameters[i]),
      ),
    );
    versions.forEach((node, trace) => {
      const alike =
        node.op === base.op &&
        isData(node) === isData(base) &&
        node.type.dtype === base.type.dtype &&
        node.type.shape.length === base.type.shape.length &&
        dependenciesOf(node).length === dependenciesOf(base).length &&
        (node.op !== 'argument' || this.#isSameInput(node, base, trace)) &&
        (bodyOf(node) === undefined || sameComposite(node as Node<'composite'>, base as Node<'composite'>));
      if (!alike) this.#differ(versions, trace);
      if (isData(node) && node.op !== 'argument' && node.type !== base.type) {
        throw new OnnxExportError(
          `[exportOnnx] a tensor of data, ${formatType(base.type)} at ${this.#names.sizes[0]}, is ${formatType(node.type)} at ${this.#names.sizes[trace]}: a file holds one.`,
          {
            op: 'buffer',
            hint: 'Compute it from the inputs (arange, iota, broadcastTo), or give the input a fixed size.',
          },
        );
      }
    });
  }

  #isSameInput(node: Node, base: Node, trace: number): boolean {
    const { placeholders } = this.#names;
    const parameters = this.#parameters.get(base);
    if (parameters !== undefined) return parameters[trace] === node;
    return placeholders[trace]?.indexOf(node) === placeholders[0]?.indexOf(base);
  }

  #differ(versions: readonly Node[], trace: number): never {
    const [base, other] = [versions[0] as Node, versions[trace] as Node];
    const { sizes, axes, moduleOf } = this.#names;
    const error = new OnnxExportError(
      `[exportOnnx] the model computes different things ${axes[trace] === '' ? 'from trace to trace' : `for different sizes of ${axes[trace]}`}: ${describe(base)} at ${sizes[0]}, ${describe(other)} at ${sizes[trace]}.`,
      {
        op: base.op,
        hint: sizeHints.graph,
      },
    );
    const module =
      moduleOf(base) ?? (isData(base) ? undefined : base.inputs.map(moduleOf).find((path) => path !== undefined));
    throw module === undefined || module === '' ? error : error.inModule(module);
  }
}
