/**
 * The gradient of a loop is a loop in the other direction. It reads the carries before each step, which the forward loop gives where they are asked
 * for, and what products and convolutions made, and computes the rest of a step again; what every step reads gathers its cotangent in a carry (Chen et al. 2016 with one checkpoint a step).
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
  const { body, carries, xs, length, reverse, kept, recomputes } = loop.attributes;
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

  const {
    value: { loops, ys, places },
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
    captured.forEach((node, i) => {
      const part = isWanted(carries + xs + i) ? found(node) : undefined;
      if (part === undefined) return;
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

    return { loops, ys, places };
  });
  const backward = makeScan({
    carries: loops,
    xs: [
      ...states.map((parameter, i) => ({ stacked: () => scanResult(loop, 'before', i), parameter })),
      ...steps.map((parameter, i) => ({ stacked: () => loop.inputs[carries + i] as Node, parameter })),
      ...kept.map((k) => ({ stacked: () => scanResult(loop, 'given', k), parameter: results[carries + k] as Node })),
      ...stacked,
    ],
    ys,
    draws,
    length,
    reverse: !reverse,
    recomputes,
  });
  return wanted.map((isAsked, i) => {
    const place = isAsked ? places.get(i) : undefined;
    return place === undefined ? undefined : tensorOf(scanResult(backward, place.kind, place.position));
  });
}
