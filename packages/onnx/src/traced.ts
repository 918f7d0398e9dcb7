/** The graphs of several traces, laid over one another: one structure, with every number in as many versions as there are traces. */
import { formatType, type Attributes, type Node, type Primitive, type DType } from '@hebb/tensor/graph';
import { OnnxExportError } from './errors.ts';
import type { Extent } from './extents.ts';

export interface Traced<P extends Primitive = Primitive> {
  readonly op: P;
  /** Data instead of an operation: a parameter, a realised tensor, an argument. */
  readonly leaf: boolean;
  readonly inputs: readonly Traced[];
  /** What a composite stands for. */
  readonly body: Traced | undefined;
  /** The node in each trace. */
  readonly versions: readonly Node<P>[];
  readonly dtype: DType;
  readonly extents: readonly Extent[];
}

/** A node whose value is data, whatever operation it once came from. */
function isData(node: Node): boolean {
  return node.storage !== undefined || node.cell !== undefined || node.op === 'buffer' || node.op === 'argument';
}

/** Data, and whatever is the same node in every trace: it was computed outside, and is data to the model. */
function isLeaf(versions: readonly Node[]): boolean {
  return isData(versions[0] as Node) || (versions.length > 1 && versions.every((node) => node === versions[0]));
}

function bodyOf(node: Node): Node | undefined {
  return node.op === 'composite' && !isData(node) ? (node.attributes as Attributes['composite']).body : undefined;
}

/** What a node is built from: its inputs, and a composite's body. */
export function dependenciesOf(node: Node): readonly Node[] {
  if (isData(node)) return [];
  const body = bodyOf(node);
  return body === undefined ? node.inputs : [...node.inputs, body];
}

function describe(node: Node): string {
  const name = node.op === 'composite' ? (node.attributes as Attributes['composite']).name : node.op;
  return `${name} ${formatType(node.type)}`;
}

/** Composites of two definitions, or of the same under two names, are different things. */
function sameComposite({ attributes: a }: Node<'composite'>, { attributes: b }: Node<'composite'>): boolean {
  return a.definition === b.definition && a.name === b.name;
}

/** Lays graphs over one another; `sizes` describes each trace for messages. Throws where their structures differ. */
export class Overlay {
  readonly #known = new Map<Node, Traced>();
  readonly #sizes: readonly string[];

  constructor(sizes: readonly string[]) {
    this.#sizes = sizes;
  }

  /** The node that is `versions[i]` in trace i. Iterative: graphs may be deep. */
  add(versions: readonly Node[]): Traced {
    const stack: (readonly Node[])[] = [versions];
    for (let current = stack.at(-1); current !== undefined; current = stack.at(-1)) {
      const [base] = current as [Node];
      if (this.#known.has(base)) {
        stack.pop();
        continue;
      }
      this.#check(current);
      const leaf = isLeaf(current);
      const dependencies = (leaf ? [] : dependenciesOf(base)).map((_, i) =>
        current.map((node) => dependenciesOf(node)[i] as Node),
      );
      const missing = dependencies.filter(([dependency]) => !this.#known.has(dependency as Node));
      if (missing.length > 0) {
        stack.push(...missing.reverse());
        continue;
      }
      stack.pop();
      const traced = dependencies.map((nodes) => this.#find(nodes));
      const body = leaf ? undefined : bodyOf(base);
      this.#known.set(base, {
        op: base.op,
        leaf,
        inputs: body === undefined ? traced : traced.slice(0, -1),
        body: body === undefined ? undefined : traced.at(-1),
        versions: current,
        dtype: base.type.dtype,
        extents: base.type.shape.map((_, axis) => current.map((node) => node.type.shape[axis] ?? 0)),
      });
    }
    return this.#find(versions);
  }

  #find(versions: readonly Node[]): Traced {
    const traced = this.#known.get(versions[0] as Node) as Traced;
    traced.versions.forEach((node, trace) => {
      if (node !== versions[trace]) this.#differ(versions, trace);
    });
    return traced;
  }

  #check(versions: readonly Node[]): void {
    const base = versions[0] as Node;
    versions.forEach((node, trace) => {
      const alike =
        node.op === base.op &&
        isData(node) === isData(base) &&
        node.type.dtype === base.type.dtype &&
        node.type.shape.length === base.type.shape.length &&
        dependenciesOf(node).length === dependenciesOf(base).length &&
        (bodyOf(node) === undefined || sameComposite(node as Node<'composite'>, base as Node<'composite'>));
      if (!alike) this.#differ(versions, trace);
      if (isData(node) && node.op !== 'argument' && node.type !== base.type) {
        throw new OnnxExportError(
          `[exportOnnx] a tensor of data, ${formatType(base.type)} at ${this.#sizes[0]}, is ${formatType(node.type)} at ${this.#sizes[trace]}: a file holds one.`,
          {
            op: 'buffer',
            hint: 'Compute it from the inputs (arange, iota, broadcastTo), or give the input a fixed size.',
          },
        );
      }
    });
  }

  #differ(versions: readonly Node[], trace: number): never {
    const [base, other] = [versions[0] as Node, versions[trace] as Node];
    throw new OnnxExportError(
      `[exportOnnx] the model computes different things for different sizes: ${describe(base)} at ${this.#sizes[0]}, ${describe(other)} at ${this.#sizes[trace]}.`,
      {
        op: base.op,
        hint: 'A file holds one graph: do not branch on a size that is to stay free, name three sizes at which the model does the same ({ sizes }), or fix the size.',
      },
    );
  }
}
