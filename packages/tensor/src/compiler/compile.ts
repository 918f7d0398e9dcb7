/** The compiler: a program becomes a plan of kernels. */
import { type PlanAttributes, type Program, type ProgramNode } from '../graph/program.ts';
import type { DType } from '../graph/types.ts';
import { gatherCopies } from './copies.ts';
import { joinIndependent } from './independent.ts';
import { groupProgram, maximumStores } from './groups.ts';
import { roleOf } from './roles.ts';
import { axisIndex, makeAxis, resetIndexInterning } from './index-expression.ts';
import {
  bytesOf,
  type Kernel,
  type Loop,
  type Plan,
  type PlanBuffer,
  type PlanStep,
  type ScalarType,
  type StorageType,
} from './kernel.ts';
import { legalise } from './legalise.ts';
import type { KernelNotes } from './notes.ts';
import { withoutNone, type Without } from './optimisations.ts';
import { lowerGroup } from './lower.ts';
import { scalarTypeOf, type Placement } from './values.ts';
import { flatten } from './views.ts';
import { RowRun } from './rows.ts';
import { Arena, scheduleGroups } from './schedule.ts';
import { simplify } from './simplify.ts';
import { memoryReads } from './walks.ts';

/** What all blocks of a plan share. */
interface Memory {
  readonly buffers: PlanBuffer[];
  readonly arena: Arena;
  /** Buffers of the parameters that the program reads. */
  readonly inputs: Set<number>;
  readonly notes: KernelNotes | undefined;
  readonly without: Without;
}

/** The buffers that a block finds: of its parameters, and of its outputs (−1 where an output replaces a parameter). */
interface Bindings {
  readonly parameters: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * Compiles a program. The plan's parameters are the program's parameters in order, then one for each output that replaces no parameter. In `notes` it says
 * what the kernels are made from. `without` says what is left out.
 */
export function compileProgram(source: Program, notes?: KernelNotes, without: Without = withoutNone): Plan {
  resetIndexInterning();
  const program = simplify(legalise(source), without);
  const arena = new Arena(!without.has('reuse'));
  const memory: Memory = { buffers: [], arena, inputs: new Set(), notes, without };
  const { nodes, scalars } = program;
  const bind = (node: number, position: number): number =>
    memory.buffers.push({ kind: 'parameter', position, offset: 0, ...sizeOf(nodes[node]) }) - 1;
  const parameters = program.parameters.map(bind);
  for (const buffer of parameters) memory.inputs.add(buffer);
  let parameterCount = parameters.length;
  const outputs = program.outputs.map(({ node, parameter }) => (parameter >= 0 ? -1 : bind(node, parameterCount++)));
  const steps = compileBlock(memory, program, { parameters, outputs });
  const append = (type: ScalarType, size: number): number => {
    const offset = memory.arena.append(size * bytesOf[type]);
    return memory.buffers.push({ kind: 'temporary', position: -1, offset, type, size }) - 1;
  };
  const kernels = without.has('joining') ? steps : joinIndependent(steps, memory.buffers, append);
  return {
    kernels,
    buffers: memory.buffers,
    parameterCount,
    scalars: scalars.map((node) => ({ type: sizeOf(nodes[node]).type === 'f32' ? 'f32' : 'i32' })),
    arenaBytes: memory.arena.bytes,
  };
}

function sizeOf(node: ProgramNode | undefined): { type: StorageType; size: number } {
  return { type: storageTypes[node?.type.dtype ?? 'float32'], size: node?.type.size ?? 0 };
}

const storageTypes: Readonly<Record<DType, StorageType>> = {
  float32: 'f32',
  float16: 'f16',
  int32: 'i32',
  uint8: 'u8',
  bool: 'bool',
};

/** The steps that compute a simplified program: that of a plan, or the body of a loop. */
function compileBlock(memory: Memory, source: Program, bindings: Bindings): PlanStep[] {
  const program = withCopiedLeaves(withLoopState(source));
  const { without } = memory;
  const grouping = groupProgram(program, without);
  const { order, direct } = scheduleGroups(program, grouping, without);
  const { nodes, outputs, parameters } = program;
  const { buffers, arena } = memory;
  const typeOf = (node: number): { type: StorageType; size: number } => sizeOf(nodes[node]);
  const readable = new Map<number, number>();
  const destinations = new Map<number, number[]>();
  parameters.forEach((node, i) => readable.set(node, bindings.parameters[i] ?? -1));
  /** The node whose memory a loop's carry lies in before, during and after the loop. */
  const stateOf = (node: number): number | undefined => loopState(program, node);
  const outputBuffer = outputs.map(({ node, parameter }, i) => {
    const buffer = parameter >= 0 ? (bindings.parameters[parameter] ?? -1) : (bindings.outputs[i] ?? -1);
    const state = stateOf(node);
    if (state !== undefined) {
      // A loop may go on where its result is wanted; a parameter's old value may be read for longer.
      if (parameter < 0 && !destinations.has(state)) {
        destinations.set(state, [buffer]);
        readable.set(state, buffer);
        readable.set(node, buffer);
      }
      return buffer;
    }
    const own = destinations.get(node) ?? [];
    if (direct[i] !== true || own.length >= maximumStores) return buffer;
    destinations.set(node, [...own, buffer]);
    // A buffer of its own is the better one to read from: a parameter's memory changes hands.
    if (parameter < 0 || !readable.has(node)) readable.set(node, buffer);
    return buffer;
  });

  // The last kernel that reads each temporary, for the arena.
  const copies = outputs.flatMap(({ node }, i) =>
    destinations.get(node)?.includes(outputBuffer[i] ?? -1) === true || outputBuffer[i] === readable.get(node)
      ? []
      : [{ node, to: outputBuffer[i] ?? 0 }],
  );
  const lastReader = new Map<number, number>();
  const readBy = (node: number, step: number): void => {
    lastReader.set(stateOf(node) ?? node, step);
  };
  order.forEach((group, step) => {
    const elsewhere = (node: number): boolean => (grouping.producer.get(node) ?? group) !== group;
    for (const node of memoryReads(program, group.stored, elsewhere)) readBy(node, step);
  });
  for (const { node } of copies) readBy(node, order.length);
  const lastReads = order.map((): number[] => []);
  for (const [node, step] of lastReader) lastReads[step]?.push(node);

  const placement: Placement = {
    bufferOf: (node) => readable.get(node),
    destinationsOf: (node) => destinations.get(node) ?? [],
    scalarSlot: (node) => program.scalars.indexOf(node),
  };
  const kernels: PlanStep[] = [];
  /** What this block has allocated: a loop's body also finds temporaries of the block around. */
  const own = new Set<number>();
  const bytesAt = (position: number): number => {
    const buffer = buffers[position];
    return buffer === undefined ? 0 : buffer.size * bytesOf[buffer.type];
  };
  const run = new RowRun(buffers, memory.inputs, without);
  const endRun = (): void => {
    const { steps, free } = run.end();
    kernels.push(...steps);
    for (const position of free) arena.release(buffers[position]?.offset ?? 0, bytesAt(position));
  };
  const allocate = (positions: readonly number[]): void => {
    for (const position of positions) {
      const buffer = buffers[position] as PlanBuffer;
      const reused = run.reuse(position, bytesAt);
      const offset = reused === undefined ? arena.allocate(bytesAt(position)) : (buffers[reused]?.offset ?? 0);
      buffers[position] = { ...buffer, offset };
    }
  };
  order.forEach((group, step) => {
    const loop = group.anchors.find((anchor) => nodes[anchor]?.op === 'scan');
    const made: number[] = [];
    for (const node of group.stored) {
      const state = stateOf(node);
      if (state !== undefined) readable.set(node, readable.get(state) ?? -1);
      // What only its own kernel reads stays in registers.
      if (state !== undefined || destinations.has(node) || !lastReader.has(node)) continue;
      // Where it lies is known once it is known whether the kernel goes on with the rows of the one before.
      const buffer = buffers.push({ kind: 'temporary', position: -1, offset: 0, ...typeOf(node) }) - 1;
      made.push(buffer);
      own.add(buffer);
      readable.set(node, buffer);
      destinations.set(node, [buffer]);
    }
    const isEmpty = loop === undefined && typeOf(group.stored[0] ?? 0).size === 0;
    const kernel = loop !== undefined || isEmpty ? undefined : lowerGroup(program, group, placement);
    if (kernel !== undefined) memory.notes?.set(kernel, { program, grouping, group });
    if (kernel === undefined || !run.extend(kernel)) {
      endRun();
      if (kernel !== undefined && !run.begin(kernel)) kernels.push(kernel);
    }
    allocate(made);
    if (loop !== undefined) {
      const compiled = compileLoop(memory, program, { loop, results: group.stored, placement });
      memory.notes?.set(compiled, { program, grouping, group });
      kernels.push(compiled);
    }
    for (const node of lastReads[step] ?? []) {
      const position = readable.get(node) ?? -1;
      if (own.has(position)) run.free(position);
    }
  });
  endRun();
  for (const { node, to } of copies) {
    const { size } = typeOf(node);
    const type = scalarTypeOf(nodes[node]?.type.dtype ?? 'float32');
    if (size > 0) kernels.push(copyKernel(readable.get(node) ?? 0, to, type, size));
  }
  return without.has('copies') ? kernels : gatherCopies(kernels, buffers);
}

/** A loop whose carries lie where its first inputs do, and of whose results the others are stored part by part. */
function compileLoop(
  memory: Memory,
  { nodes }: Program,
  { loop, results, placement }: { loop: number; results: readonly number[]; placement: Placement },
): Loop {
  const node = nodes[loop];
  if (node === undefined) throw new Error(`internal: loop ${loop} does not exist`);
  const { body, carries, xs, length, reverse, until } = node.attributes as PlanAttributes['scan'];
  const parts: number[] = [];
  const partOf = (buffer: number, inner: number): number => {
    const part = memory.buffers.push({ kind: 'part', position: buffer, offset: 0, ...sizeOf(body.nodes[inner]) }) - 1;
    parts.push(part);
    return part;
  };
  const parameters = node.inputs.map((input, i) => {
    const buffer = placement.bufferOf(input) ?? -1;
    return i < carries || i >= carries + xs ? buffer : partOf(buffer, body.parameters[i] ?? -1);
  });
  const outputs = body.outputs.slice(0, carries).map(({ node: next }, i) => ({ node: next, parameter: i, buffer: -1 }));
  for (const result of results) {
    const { index } = (nodes[result] as ProgramNode).attributes as PlanAttributes['result'];
    if (index < carries) continue;
    const inner = index < 2 * carries ? body.parameters[index - carries] : body.outputs[index - carries]?.node;
    for (const buffer of placement.destinationsOf(result))
      outputs.push({ node: inner ?? -1, parameter: -1, buffer: partOf(buffer, inner ?? -1) });
  }
  const kernels = compileBlock(memory, simplify({ ...body, outputs }, memory.without), {
    parameters,
    outputs: outputs.map(({ buffer }) => buffer),
  });
  // What is stacked wants a value at every step.
  const ends = until >= 0 && outputs.length === carries ? parameters[until] : undefined;
  return { kind: 'loop', name: `loop of ${length}`, length, reverse, until: ends, parts, kernels };
}

/** The node in whose memory a carry of a loop lies, where `node` is the carry after the last step. */
function loopState({ nodes }: Program, node: number): number | undefined {
  const result = nodes[node];
  const loop = nodes[result?.inputs[0] ?? -1];
  if (result?.op !== 'result' || loop === undefined) return undefined;
  const { index } = result.attributes as PlanAttributes['result'];
  const { carries } = loop.attributes as PlanAttributes['scan'];
  return index < carries ? loop.inputs[index] : undefined;
}

/** Carries of loops as nodes of their own, whose memory the loop may change, and whatever else loops read as nodes that lie in memory. */
function withLoopState(program: Program): Program {
  if (!program.nodes.some(({ op }) => op === 'scan')) return program;
  const nodes: ProgramNode[] = [];
  const places: number[] = [];
  const at = (index: number): number => places[index] ?? -1;
  program.nodes.forEach((node, index) => {
    let inputs = node.inputs.map(at);
    if (node.op === 'scan') {
      const { carries } = node.attributes as PlanAttributes['scan'];
      inputs = inputs.map((given, i) => {
        const input = i < carries ? given : inMemory(nodes, given);
        const { op, type } = nodes[input] as ProgramNode;
        if (i >= carries && roleOf(op) !== 'free') return input;
        return nodes.push({ op: 'detach', attributes: {}, type, inputs: [input] }) - 1;
      });
    }
    places[index] = nodes.push({ ...node, inputs }) - 1;
  });
  return {
    nodes,
    parameters: program.parameters.map(at),
    scalars: program.scalars.map(at),
    outputs: program.outputs.map(({ node, parameter }) => ({ node: at(node), parameter })),
  };
}

/** The node whose memory holds the elements in the same order: a loop reads memory, and whatever shape they have in it. */
function inMemory(nodes: readonly ProgramNode[], index: number): number {
  const node = nodes[index];
  return node?.op === 'reshape' ? inMemory(nodes, node.inputs[0] ?? index) : index;
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
