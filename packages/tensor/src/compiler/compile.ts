/** The compiler: a program becomes a plan of kernels. */
import { requireCountable, type Program } from '../graph/program.ts';
import { gatherCopies } from './copies.ts';
import { groupProgram, maximumStores, roleOf } from './groups.ts';
import { axisIndex, makeAxis, resetIndexInterning } from './index-expression.ts';
import type { CopyKernel, Kernel, Plan, PlanBuffer, ScalarType } from './kernel.ts';
import { flatten, lowerGroup, scalarTypeOf, type Placement } from './lower.ts';
import { Arena, scheduleGroups } from './schedule.ts';
import { simplify } from './simplify.ts';
import { unrollLoops } from './unroll.ts';
import { memoryReads } from './walks.ts';

/**
 * Compiles a program. The plan's parameters are the program's parameters in order, then one for each output that replaces no parameter.
 */
export function compileProgram(source: Program): Plan {
  resetIndexInterning();
  const program = withCopiedLeaves(simplify(unrollLoops(source)));
  requireCountable(program);
  const grouping = groupProgram(program);
  const { order, direct } = scheduleGroups(program, grouping);
  const { nodes, outputs, parameters } = program;

  const buffers: PlanBuffer[] = [];
  const typeOf = (node: number): { type: ScalarType; size: number } => {
    const type = nodes[node]?.type;
    return { type: scalarTypeOf(type?.dtype ?? 'float32'), size: type?.size ?? 0 };
  };
  const readable = new Map<number, number>();
  const destinations = new Map<number, number[]>();
  parameters.forEach((node, position) => {
    readable.set(node, buffers.push({ kind: 'parameter', position, offset: 0, ...typeOf(node) }) - 1);
  });
  const outputBuffer: number[] = [];
  let parameterCount = parameters.length;
  outputs.forEach(({ node, parameter }, i) => {
    const buffer =
      parameter >= 0
        ? parameter
        : buffers.push({ kind: 'parameter', position: parameterCount++, offset: 0, ...typeOf(node) }) - 1;
    outputBuffer.push(buffer);
    const own = destinations.get(node) ?? [];
    if (direct[i] !== true || own.length >= maximumStores) return;
    destinations.set(node, [...own, buffer]);
    // A buffer of its own is the better one to read from: a parameter's memory changes hands.
    if (parameter < 0 || !readable.has(node)) readable.set(node, buffer);
  });

  // The last kernel that reads each temporary, for the arena.
  const copies = outputs.flatMap(({ node }, i) =>
    destinations.get(node)?.includes(outputBuffer[i] ?? -1) === true || outputBuffer[i] === readable.get(node)
      ? []
      : [{ node, to: outputBuffer[i] ?? 0 }],
  );
  const lastReader = new Map<number, number>();
  order.forEach((group, step) => {
    const elsewhere = (node: number): boolean => (grouping.producer.get(node) ?? group) !== group;
    for (const node of memoryReads(program, group.stored, elsewhere)) lastReader.set(node, step);
  });
  for (const { node } of copies) lastReader.set(node, order.length);
  const lastReads = order.map((): number[] => []);
  for (const [node, step] of lastReader) lastReads[step]?.push(node);

  const arena = new Arena();
  const placement: Placement = {
    bufferOf: (node) => readable.get(node),
    destinationsOf: (node) => destinations.get(node) ?? [],
    scalarSlot: (node) => program.scalars.indexOf(node),
  };
  const kernels: (Kernel | CopyKernel)[] = [];
  order.forEach((group, step) => {
    for (const node of group.stored) {
      // What only its own kernel reads stays in registers.
      if (destinations.has(node) || !lastReader.has(node)) continue;
      const { type, size } = typeOf(node);
      const buffer =
        buffers.push({ kind: 'temporary', position: -1, offset: arena.allocate(size * 4), type, size }) - 1;
      readable.set(node, buffer);
      destinations.set(node, [buffer]);
    }
    if (typeOf(group.stored[0] ?? 0).size > 0) kernels.push(lowerGroup(program, group, placement));
    for (const node of lastReads[step] ?? []) {
      const buffer = buffers[readable.get(node) ?? -1];
      if (buffer?.kind === 'temporary') arena.release(buffer.offset, buffer.size * 4);
    }
  });
  for (const { node, to } of copies) {
    const { type, size } = typeOf(node);
    if (size > 0) kernels.push(copyKernel(readable.get(node) ?? 0, to, type, size));
  }
  return {
    kernels: gatherCopies(kernels),
    buffers,
    parameterCount,
    scalars: program.scalars.map((node) => ({ type: typeOf(node).type === 'f32' ? 'f32' : 'i32' })),
    arenaBytes: arena.bytes,
  };
}

/** Outputs that are leaves as nodes of their own, so that copies are ordered and fused like any other work. */
function withCopiedLeaves(program: Program): Program {
  const nodes = [...program.nodes];
  const outputs = program.outputs.map(({ node, parameter }) => {
    const leaf = nodes[node];
    const isCopy = leaf !== undefined && roleOf(leaf.op) === 'leaf' && program.parameters[parameter] !== node;
    return isCopy
      ? { node: nodes.push({ op: 'detach', attributes: {}, type: leaf.type, inputs: [node] }) - 1, parameter }
      : { node, parameter };
  });
  return { ...program, nodes, outputs };
}

function copyKernel(from: number, to: number, type: ScalarType, size: number): Kernel {
  const axis = makeAxis(size);
  const index = flatten([axisIndex(axis)], [size]);
  return {
    kind: 'map',
    name: `copy [${size}]`,
    axes: size === 1 ? [] : [axis],
    stores: [{ buffer: to, index, value: { kind: 'load', type, buffer: from, index, guards: [] } }],
  };
}
