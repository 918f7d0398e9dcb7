/** Loops as the steps that they are, one after the other: for targets that have no loops of their own. */
import type { Attributes, PlanPrimitive } from '../graph/primitives.ts';
import type { PlanAttributes, Program, ProgramNode } from '../graph/program.ts';
import { tensorType } from '../graph/types.ts';

class Unrolling {
  readonly nodes: ProgramNode[] = [];

  emit<P extends PlanPrimitive>(
    op: P,
    inputs: readonly number[],
    attributes: PlanAttributes[P],
    type: ProgramNode['type'],
  ): number {
    return this.nodes.push({ op, inputs, attributes, type }) - 1;
  }

  /** Copies a program's nodes; `bound` are those that have a place already. */
  copy({ nodes }: Program, bound: ReadonlyMap<number, number>): number[] {
    const places: number[] = [];
    const results = new Map<number, readonly number[]>();
    const wanted = wantedResults(nodes);
    nodes.forEach((node, index) => {
      const inputs = node.inputs.map((input) => places[input] ?? -1);
      const known = bound.get(index);
      if (known !== undefined) places[index] = known;
      else if (node.op === 'scan') {
        results.set(index, this.#unroll(node, inputs, wanted.get(index) ?? new Set()));
        places[index] = -1;
      } else if (node.op === 'result') {
        const { index: position } = node.attributes as Attributes['result'];
        places[index] = results.get(node.inputs[0] ?? -1)?.[position] ?? -1;
      } else places[index] = this.emit(node.op, inputs, node.attributes, node.type);
    });
    return places;
  }

  /** The place of each result that is wanted. */
  #unroll(loop: ProgramNode, inputs: readonly number[], wanted: ReadonlySet<number>): number[] {
    const { body, carries, xs, length, reverse } = loop.attributes as PlanAttributes['scan'];
    const state = inputs.slice(0, carries);
    const stacks = (loop.type.parts ?? []).slice(carries).map(() => new Array<number>(length).fill(-1));
    for (let step = 0; step < length; step++) {
      const position = reverse ? length - 1 - step : step;
      const bound = new Map<number, number>();
      body.parameters.forEach((parameter, i) => {
        const input = inputs[i] ?? -1;
        const place = i < carries ? (state[i] ?? -1) : i < carries + xs ? this.#part(input, position) : input;
        bound.set(parameter, place);
      });
      const places = this.copy(body, bound);
      const given = body.outputs.map(({ node }) => places[node] ?? -1);
      [...state, ...given.slice(carries)].forEach((value, i) => {
        const stack = stacks[i];
        if (stack !== undefined && wanted.has(carries + i)) stack[position] = value;
      });
      for (let i = 0; i < carries; i++) state[i] = given[i] ?? -1;
    }
    return [...state, ...stacks.map((parts, i) => (wanted.has(carries + i) ? this.#stack(parts) : -1))];
  }

  /** One position of the leading axis. */
  #part(node: number, position: number): number {
    const { dtype, shape } = this.#type(node);
    const [, ...inner] = shape;
    const starts = shape.map((_, axis) => (axis === 0 ? position : 0));
    const row = tensorType(dtype, [1, ...inner]);
    const cut = this.emit('slice', [node], { starts, steps: shape.map(() => 1), shape: row.shape }, row);
    return this.emit('reshape', [cut], { shape: inner }, tensorType(dtype, inner));
  }

  #stack(parts: readonly number[]): number {
    const { dtype, shape } = this.#type(parts[0] ?? -1);
    const row = tensorType(dtype, [1, ...shape]);
    const rows = parts.map((part) => this.emit('reshape', [part], { shape: row.shape }, row));
    return this.emit('concat', rows, { axis: 0 }, tensorType(dtype, [parts.length, ...shape]));
  }

  #type(node: number): ProgramNode['type'] {
    const type = this.nodes[node]?.type;
    if (type === undefined) throw new Error(`internal: node ${node} does not exist`);
    return type;
  }
}

/** For each node with several results, which of them are read. */
function wantedResults(nodes: readonly ProgramNode[]): Map<number, Set<number>> {
  const wanted = new Map<number, Set<number>>();
  for (const { op, inputs, attributes } of nodes) {
    if (op !== 'result') continue;
    const [source = -1] = inputs;
    wanted.set(source, (wanted.get(source) ?? new Set()).add((attributes as Attributes['result']).index));
  }
  return wanted;
}

/** An equivalent program without loops; parameters, scalars and outputs keep their order. */
export function unrollLoops(program: Program): Program {
  if (!program.nodes.some(({ op }) => op === 'scan')) return program;
  const unrolling = new Unrolling();
  const places = unrolling.copy(program, new Map());
  const at = (node: number): number => places[node] ?? -1;
  return {
    nodes: unrolling.nodes,
    parameters: program.parameters.map(at),
    scalars: program.scalars.map(at),
    outputs: program.outputs.map(({ node, parameter }) => ({ node: at(node), parameter })),
  };
}
