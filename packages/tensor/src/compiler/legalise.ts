/**
 * Before all other passes: float16 and uint8 are how values are stored, not how they are computed. Every operation on them becomes the same
 * operation in float32 or int32, followed, where its result may lie outside of the dtype, by a `cast` that rounds to half precision or wraps
 * modulo 256 and stays float32 or int32. So a result is the same in whatever kernel it is computed, and everything behind this pass knows three types
 * of numbers. Only parameters and outputs of the program keep their dtype: they are read and written through casts, which the lowering makes
 * conversions of a load and of a store.
 */
import type { Attributes } from '../graph/attributes.ts';
import type { PlanAttributes, Program, ProgramNode } from '../graph/program.ts';
import { leavesDType } from '../graph/narrow.ts';
import { computedDType, tensorType, tupleType, type DType, type TensorType } from '../graph/types.ts';
import { roundConstant } from './constants.ts';

function isNarrow(dtype: DType): boolean {
  return computedDType(dtype) !== dtype;
}

function computedType(type: TensorType): TensorType {
  if (type.parts !== undefined) return tupleType(type.parts.map(computedType));
  return isNarrow(type.dtype) ? tensorType(computedDType(type.dtype), type.shape) : type;
}

/** Attributes of the same operation on the larger dtype. */
function computedAttributes({ op, attributes, type }: ProgramNode): ProgramNode['attributes'] {
  switch (op) {
    case 'constant':
    case 'cast':
    case 'buffer':
    case 'argument':
      return { ...(attributes as Attributes['constant']), dtype: computedDType(type.dtype) };
    case 'pad': {
      const pad = attributes as Attributes['pad'];
      return { ...pad, value: roundConstant(pad.value, type.dtype) };
    }
    case 'gather': {
      const gather = attributes as Attributes['gather'];
      return { ...gather, outside: roundConstant(gather.outside, type.dtype) };
    }
    case 'scan': {
      const scan = attributes as PlanAttributes['scan'];
      return { ...scan, type: computedType(type), body: computedBody(scan.body) };
    }
    default:
      return attributes;
  }
}

/** Whether a program has anything to do with the narrow dtypes. */
function hasNarrow({ nodes }: Program): boolean {
  return nodes.some(
    ({ op, attributes, type }) =>
      isNarrow(type.dtype) ||
      type.parts?.some(({ dtype }) => isNarrow(dtype)) === true ||
      (op === 'scan' && hasNarrow((attributes as PlanAttributes['scan']).body)),
  );
}

/** The steps of a loop, all of whose parameters and results are of the larger dtypes. */
function computedBody(body: Program): Program {
  return hasNarrow(body) ? rewritten(body, (node) => ({ ...node, type: computedType(node.type) })) : body;
}

/** An equivalent program in which float16 and uint8 are dtypes of parameters and outputs alone. */
export function legalise(program: Program): Program {
  if (!hasNarrow(program)) return program;
  const computed = rewritten(program, (node) => node);
  const nodes = [...computed.nodes];
  const outputs = computed.outputs.map(({ node, parameter }, i) => {
    const type = program.nodes[program.outputs[i]?.node ?? -1]?.type;
    if (type === undefined || !isNarrow(type.dtype)) return { node, parameter };
    return { node: nodes.push({ op: 'cast', attributes: { dtype: type.dtype }, type, inputs: [node] }) - 1, parameter };
  });
  return { ...computed, nodes, outputs };
}

/** The program with every node computed in its larger dtype; `leaf` says what becomes of parameters, and casts follow those that stay narrow. */
function rewritten(program: Program, leaf: (node: ProgramNode) => ProgramNode): Program {
  const nodes: ProgramNode[] = [];
  /** Where the value of each node is read. */
  const places: number[] = [];
  const parameters = new Map(program.parameters.map((node) => [node, -1]));
  const cast = (input: number, dtype: DType, type: TensorType): number =>
    nodes.push({ op: 'cast', attributes: { dtype }, type, inputs: [input], origin: nodes[input]?.origin }) - 1;
  program.nodes.forEach((node, index) => {
    const { op, type } = node;
    const wide = computedType(type);
    if (parameters.has(index)) {
      const kept = leaf(node);
      const place = nodes.push(kept) - 1;
      parameters.set(index, place);
      places[index] = kept.type === wide ? place : cast(place, wide.dtype, wide);
      return;
    }
    const inputs = node.inputs.map((input) => places[input] ?? -1);
    const place = nodes.push({ op, attributes: computedAttributes(node), type: wide, inputs, origin: node.origin }) - 1;
    places[index] = isNarrow(type.dtype) && leavesDType(op, type.dtype) ? cast(place, type.dtype, wide) : place;
  });
  const at = (index: number): number => places[index] ?? -1;
  return {
    nodes,
    parameters: program.parameters.map((node) => parameters.get(node) ?? -1),
    scalars: program.scalars.map(at),
    outputs: program.outputs.map(({ node, parameter }) => ({ node: at(node), parameter })),
  };
}
