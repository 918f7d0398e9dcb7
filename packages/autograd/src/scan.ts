/**
 * The gradient of a loop is a loop in the other direction. It reads the carries before each step, which the forward loop gives where they are asked
 * for, and what products and convolutions made, and computes the rest of a step again (Chen et al. 2016 with one checkpoint a step). What every step reads gathers its cotangent in a carry,
 * unless that is products of a few rows at each step, as of the weights of a recurrent layer: one product of the rows of all steps, behind the loop, is the same sum.
 */
import { zeros, type Tensor } from '@hebb/tensor';
import {
  makeParameter,
  makeScan,
  nodeOf,
  recordStep,
  scanResult,
  tensorOf,
  tensorType,
  type Node,
  type ScanParts,
  isFloat,
} from '@hebb/tensor/graph';
import { hiddenParameters } from './captures.ts';

type Carry = ScanParts['carries'][number];

/** Cotangents of parameters of a body and of what it reads from outside, behind which nothing is followed; undefined where it is zero. */
export type ReverseBody = (
  roots: readonly { readonly node: Node; readonly cotangent: Tensor }[],
  wanted: ReadonlySet<Node>,
  isBoundary: (node: Node) => boolean,
) => (node: Node) => Tensor | undefined;

const zerosOf = ({ type: { dtype, shape } }: Node): Tensor => zeros(shape, { dtype });
const isDifferentiated = ({ type }: Node): boolean => isFloat(type.dtype);

/** Cotangents of a loop's inputs (undefined: zero, or not wanted) from those of its results (undefined: zero). `reached` are the positions of the inputs to which gradients flow. */
export function scanCotangents(
  loop: Node<'scan'> & Node,
  cotangents: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
  { reverseBody, reached }: { readonly reverseBody: ReverseBody; readonly reached: ReadonlySet<number> },
): (Tensor | undefined)[] {
  const { body, carries, xs, length, reverse, until, kept, recomputes } = loop.attributes;
  const { parameters, results } = body;
  const states = parameters.slice(0, carries);
  const steps = parameters.slice(carries, carries + xs);
  const captured = parameters.slice(carries + xs);
  const hidden = hiddenParameters(body);
  const isWanted = (position: number): boolean =>
    wanted[position] === true && !hidden.has(parameters[position] as Node);

  /** The cotangents of what is stacked, as loops see them. */
  const stacked: { stacked: () => Node; parameter: Node }[] = [];
  const partOf = (index: number): Tensor | undefined => {
    const cotangent = cotangents[index];
    if (cotangent === undefined) return undefined;
    const { dtype, shape } = nodeOf(cotangent).type;
    const parameter = makeParameter(tensorType(dtype, shape.slice(1)));
    stacked.push({ stacked: () => nodeOf(cotangent), parameter });
    return tensorOf(parameter);
  };
  const ofBefore = states.map((_, i) => partOf(carries + i));
  const ofGiven = results.slice(carries).map((_, i) => partOf(2 * carries + i));
  const ends = new Set(parameters);
  const isActive = (i: number): boolean => cotangents[i] !== undefined || reached.has(i);
  const ofNext = states.map((state, i) =>
    isDifferentiated(state) && isActive(i) ? makeParameter(state.type) : undefined,
  );

  /** Where the values of all steps are of what the forward loop knows. */
  const known = new Map<Node, () => Node>([
    ...states.map((state, i) => [state, () => scanResult(loop, 'before', i)] as const),
    ...steps.map((step, i) => [step, () => loop.inputs[carries + i] as Node] as const),
    ...kept.map((k) => [results[carries + k] as Node, () => scanResult(loop, 'given', k)] as const),
  ]);

  const keptElements = [...states, ...kept.map((k) => results[carries + k] as Node)].reduce((sum, { type }) => sum + type.size, 0); // prettier-ignore

  const {
    value: { loops, ys, places, sums },
    draws,
  } = recordStep(() => {
    const roots = results.flatMap((node, i) => {
      const next = ofNext[i];
      const cotangent = i < carries ? (next === undefined ? undefined : tensorOf(next)) : ofGiven[i - carries];
      return cotangent === undefined ? [] : [{ node, cotangent }];
    });
    const targets = new Set([
      ...states.filter(isDifferentiated),
      ...[...steps, ...captured].filter((_, i) => isWanted(carries + i)),
    ]);
    const found = reverseBody(roots, targets, (node) => ends.has(node));

    const loops: Carry[] = [];
    /** Where the cotangent of each input is among the results: a carry at the end, or what is stacked. */
    const places = new Map<number, { kind: 'last' | 'given'; position: number }>();
    states.forEach((state, i) => {
      const parameter = ofNext[i];
      if (parameter === undefined) return;
      const here = ofBefore[i];
      const before = found(state);
      const sum = before === undefined || here === undefined ? (before ?? here) : before.add(here);
      const initial = nodeOf(cotangents[i] ?? zerosOf(state));
      if (sum !== undefined) places.set(i, { kind: 'last', position: loops.length });
      loops.push({ initial, parameter, next: nodeOf(sum ?? zerosOf(state)) });
    });
    const sums = new Map<number, readonly Product[]>();
    captured.forEach((node, i) => {
      const part = isWanted(carries + xs + i) ? found(node) : undefined;
      if (part === undefined) return;
      const products = recomputes || until >= 0 ? undefined : productsIn(nodeOf(part));
      if (products?.every((product) => isLess(product, known, keptElements)) === true) {
        sums.set(carries + xs + i, products);
        return;
      }
      const parameter = makeParameter(node.type);
      places.set(carries + xs + i, { kind: 'last', position: loops.length });
      loops.push({ initial: nodeOf(zerosOf(node)), parameter, next: nodeOf(tensorOf(parameter).add(part)) });
    });
    const ys: Node[] = [];
    steps.forEach((step, i) => {
      const part = isWanted(carries + i) ? found(step) : undefined;
      if (part === undefined) return;
      places.set(carries + i, { kind: 'given', position: ys.length });
      ys.push(nodeOf(part));
    });

    for (const { rows, columns } of [...sums.values()].flat())
      for (const node of [rows, columns]) if (!known.has(node) && !ys.includes(node)) ys.push(node);
    return { loops, ys, places, sums };
  });
  const backward = makeScan({
    carries: loops,
    xs: [...[...known].map(([parameter, all]) => ({ stacked: all, parameter })), ...stacked],
    ys,
    draws,
    length,
    reverse: !reverse,
    recomputes,
  });
  const ofAllSteps = (node: Node): Tensor => {
    const all = tensorOf(known.get(node)?.() ?? scanResult(backward, 'given', ys.indexOf(node)));
    const [rows = 0, columns = 0] = node.type.shape;
    return all.reshape([length * rows, columns]);
  };
  return wanted.map((isAsked, i) => {
    const products = isAsked ? sums.get(i) : undefined;
    if (products !== undefined) return products.map(({ rows, columns }) => ofAllSteps(rows).transpose(0, 1).matmul(ofAllSteps(columns))).reduce((a, b) => a.add(b)); // prettier-ignore
    const place = isAsked ? places.get(i) : undefined;
    return place === undefined ? undefined : tensorOf(scanResult(backward, place.kind, place.position));
  });
}

/** rowsᵀ · columns, of two matrices with as many rows at each step. */
interface Product {
  readonly rows: Node;
  readonly columns: Node;
}

/** Products that a gradient is summed up of behind the loop, at most. */
const mostProducts = 4;

/** The products that the node is the sum of; undefined where it is anything else, where there are many, and where one occurs twice. */
function productsIn(sum: Node): Product[] | undefined {
  const products: Product[] = [];
  const seen = new Set<Node>();
  const stack = [{ node: sum, isTransposed: false }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, isTransposed } = next;
    const [left, right] = node.inputs;
    if (left === undefined || seen.has(node) || node.type.shape.length !== 2) return undefined;
    if (stack.length + products.length >= mostProducts) return undefined;
    seen.add(node);
    // A matrix has one permutation that is recorded.
    if (node.op === 'transpose') stack.push({ node: left, isTransposed: !isTransposed });
    else if (node.op === 'add' && right !== undefined) {
      stack.push({ node: right, isTransposed }, { node: left, isTransposed });
    } else {
      const [rows] = left.inputs;
      if (node.op !== 'dot' || right === undefined || left.op !== 'transpose' || rows === undefined) return undefined;
      products.push(isTransposed ? { rows: right, columns: rows } : { rows, columns: right });
    }
  }
  return products;
}

/**
 * Whether keeping the operands of a step, of which `known` are kept anyway, is less than adding its product to what has been gathered, which is read and written, and no more than `kept`, the elements
 * of a step that the loop keeps in any case: rows that are cheap to compute again, or the same in each step, may be large.
 */
function isLess({ rows, columns }: Product, known: ReadonlyMap<Node, unknown>, kept: number): boolean {
  const more = [rows, columns].reduce((sum, node) => sum + (known.has(node) ? 0 : node.type.size), 0);
  return more <= kept && more <= 2 * (rows.type.shape.at(-1) ?? 1) * (columns.type.shape.at(-1) ?? 1);
}
