/** Operations without a gradient on the way from a value to what it was computed from, so that messages can name them. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { callerOf, formatType, isOp, nodeOf, type Node, type Primitive } from '@hebb/tensor/graph';
import { hasGradient } from './rules.ts';

/** The input by which an operation selects among the others: what is selected has a derivative, the selection is constant almost everywhere. */
const selectors: Readonly<Partial<Record<Primitive, number>>> = { where: 0, gather: 1, scatter: 1 };

/** The loop in whose body a node is looked at; bodies share nodes, and parameters mean something else in every loop that has them. */
interface Inside {
  readonly loop: Node<'scan'>;
  /** Undefined: outside of all loops. */
  readonly around: Inside | undefined;
}

/** A node, as it is in one loop. */
interface Place {
  readonly node: Node;
  readonly inside: Inside | undefined;
  /** The places that are computed from it. */
  readonly users: Place[];
}

/** The name of an operation as users know it. */
function nameOf(node: Node): string {
  const caller = callerOf(node);
  if (caller !== undefined) return caller;
  if (isOp(node, 'cast')) return `the conversion to ${node.type.dtype}`;
  return isOp(node, 'composite') ? node.attributes.name : node.op;
}

interface Cut {
  readonly wanted: Node;
  /** The operation that has no gradient. */
  readonly operation: string;
}

/** Everything that the roots are computed from, bodies of loops included, up to what is wanted. */
class Dependencies {
  readonly wanted: Place[] = [];
  readonly #selections: boolean;
  readonly #places = new Map<Inside | undefined, Map<Node, Place>>();
  readonly #insides = new Map<Inside | undefined, Map<Node, Inside>>();
  readonly #stack: Place[] = [];

  constructor(roots: readonly Node[], isWanted: (node: Node) => boolean, selections: boolean) {
    this.#selections = selections;
    for (const root of roots) this.#at(root, undefined);
    for (let place = this.#stack.pop(); place !== undefined; place = this.#stack.pop()) {
      if (isWanted(place.node)) this.wanted.push(place);
      else for (const source of this.#sourcesOf(place)) source.users.push(place);
    }
  }

  #at(node: Node, inside: Inside | undefined): Place {
    const here = this.#places.get(inside) ?? new Map<Node, Place>();
    this.#places.set(inside, here);
    const known = here.get(node);
    if (known !== undefined) return known;
    const place = { node, inside, users: [] };
    here.set(node, place);
    this.#stack.push(place);
    return place;
  }

  #enter(loop: Node<'scan'> & Node, around: Inside | undefined): Inside {
    const here = this.#insides.get(around) ?? new Map<Node, Inside>();
    this.#insides.set(around, here);
    const known = here.get(loop) ?? { loop, around };
    here.set(loop, known);
    return known;
  }

  /** What a node's value is computed from, on whatever way; nothing behind a `detach` of the user's, who says that it is to be constant. */
  #sourcesOf({ node, inside }: Place): readonly Place[] {
    if (node.cell !== undefined || (node.op === 'detach' && callerOf(node) === undefined)) return [];
    const parameter = inside === undefined ? -1 : inside.loop.attributes.body.parameters.indexOf(node);
    if (inside !== undefined && parameter >= 0) {
      const { inputs, attributes } = inside.loop;
      const before = this.#at(inputs[parameter] as Node, inside.around);
      if (parameter >= attributes.carries) return [before];
      return [before, this.#at(attributes.body.results[parameter] as Node, inside)];
    }
    if (isOp(node, 'result')) {
      const loop = node.inputs[0] as Node<'scan'> & Node;
      const { carries, body } = loop.attributes;
      const { index } = node.attributes;
      const given =
        index < carries
          ? body.results[index]
          : index < 2 * carries
            ? body.parameters[index - carries]
            : body.results[index - carries];
      return [this.#at(given as Node, this.#enter(loop, inside))];
    }
    if (isOp(node, 'composite') && node.attributes.gradient === undefined)
      return [this.#at(node.attributes.body, inside)];
    const selector = this.#selections ? undefined : selectors[node.op];
    if (isOp(node, 'composite') && !this.#selections) {
      // The gates of `cond` hand on one input; the other one selects its gradient.
      const { body, boundary } = node.attributes;
      const handedOn = node.inputs[boundary?.indexOf(body) ?? -1];
      if (handedOn !== undefined) return [this.#at(handedOn, inside)];
    }
    return node.inputs.filter((_, i) => i !== selector).map((input) => this.#at(input, inside));
  }
}

/** The first operation without a gradient that `roots` are computed by from a wanted node, to which a gradient could flow; undefined where there is none. */
function findCut(roots: readonly Node[], isWanted: (node: Node) => boolean, selections: boolean): Cut | undefined {
  const { wanted } = new Dependencies(roots, isWanted, selections);
  for (const first of wanted) {
    const reached = new Set([first]);
    for (const place of reached) {
      // A parameter of a body hands on what it stands for.
      const isCut = place !== first && place.node.op !== 'argument' && !hasGradient(place.node);
      if (isCut) return { wanted: first.node, operation: nameOf(place.node) };
      for (const user of place.users) reached.add(user);
    }
  }
  return undefined;
}

const remedy =
  'Give it a gradient with customGradient, compute something smooth in its place, or detach() what is to be constant.';

export interface CutSearch {
  readonly isWanted: (node: Node) => boolean;
  /** What a wanted node is called in messages. */
  readonly nameOf: (node: Node) => string;
  /** Whether selections count: not where a gradient of zero is an answer, as for piecewise linear functions. */
  readonly selections: boolean;
}

/** Throws {@link ArgumentError} where the roots depend on a wanted node through an operation that has no gradient, and names both. */
export function requireNoCut(op: string, roots: readonly Tensor[], search: CutSearch): void {
  const cut = findCut(roots.map(nodeOf), search.isWanted, search.selections);
  if (cut === undefined) return;
  const { wanted, operation } = cut;
  throw new ArgumentError(
    `[${op}] the result depends on ${search.nameOf(wanted)}, ${formatType(wanted.type)}, only through ${operation}, which has no gradient.`,
    { hint: remedy },
  );
}
