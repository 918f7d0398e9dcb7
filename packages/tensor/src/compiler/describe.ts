/** A plan in words and numbers: what each kernel computes, for whom, what it moves, and why it is a kernel of its own. */
import type { Origin } from '../graph/origins.ts';
import type { Program, ProgramNode } from '../graph/program.ts';
import { formatType } from '../graph/types.ts';
import type { KernelDescription, PlanDescription, Boundary, Recomputed } from '../runtime/observation.ts';
import { isJoin } from './copies.ts';
import { forEachExpression } from './expressions.ts';
import { depthLimit, maximumStores, recomputeLimit, type Group, type Grouping } from './groups.ts';
import { collectAxes, type Axis, type Index } from './index-expression.ts';
import {
  bytesOf,
  innerSteps,
  type Batches,
  type Expression,
  type Kernel,
  type Loop,
  type Plan,
  type PlanBuffer,
  type PlanStep,
  type Rows,
} from './kernel.ts';
import { loweredAs, type KernelNote, type KernelNotes } from './notes.ts';
import { splitContraction, splitReduction } from './residues.ts';
import { roleOf } from './roles.ts';

type InnerStep = Exclude<PlanStep, Loop>;

export function describePlan(plan: Plan, notes: KernelNotes): PlanDescription {
  const steps = innerSteps(plan.kernels);
  const stepNotes = steps.map((step) => notesOf(step, notes));
  const places = placesOf(plan.kernels, stepNotes, notes);
  const computedBy = countComputed(stepNotes);
  const times = timesOf(plan.kernels, 1);
  const kernels = steps.map((step, position): KernelDescription => {
    const own = stepNotes[position] ?? [];
    const regions = own.map((note) => ({ note, nodes: regionOf(note.program, note.grouping, note.group) }));
    const work = workOf(step, plan.buffers);
    return {
      name: step.name,
      kind: step.kind,
      origins: originsOf(regions),
      operations: regions.flatMap(({ note, nodes }) =>
        nodes.flatMap((index) => (computes(note.program, index) ? [opOf(note.program, index)] : [])),
      ),
      views: regions.flatMap(({ note, nodes }) =>
        nodes.flatMap((index) => (roleAt(note.program, index) === 'view' ? [opOf(note.program, index)] : [])),
      ),
      loops: loopsOf(step),
      times: times[position] ?? 1,
      ...work,
      boundaries: regions.flatMap(({ note }) => boundariesOf(note, position, places)),
      recomputed: regions.flatMap(({ note, nodes }): Recomputed[] =>
        nodes.flatMap((index) => {
          const count = computedBy.get(note.program)?.get(index)?.size ?? 1;
          return count > 1 ? [{ value: valueText(note.program, index), times: count }] : [];
        }),
      ),
    };
  });
  const boundBytes = plan.buffers.reduce(
    (total, { kind, size, type }) => (kind === 'parameter' ? total + size * bytesOf[type] : total),
    0,
  );
  return { kernels, boundBytes, temporaryBytes: plan.arenaBytes, temporaryBound: temporaryBound(plan) };
}

// What was computed where.

/** What a step was lowered from. */
function notesOf(step: InnerStep, notes: KernelNotes): KernelNote[] {
  const parts = step.kind === 'parts' ? step.kernels : isByRows(step) ? step.phases : [step];
  const found = new Set(parts.flatMap(loweredAs).flatMap((kernel) => notes.get(kernel) ?? []));
  return [...found];
}

/** The step that computes each group; of a loop its first. */
function placesOf(
  steps: readonly PlanStep[],
  stepNotes: readonly (readonly KernelNote[])[],
  notes: KernelNotes,
): Map<Group, number> {
  const places = new Map<Group, number>();
  stepNotes.forEach((own, position) => {
    for (const { group } of own) if (!places.has(group)) places.set(group, position);
  });
  let position = 0;
  const visit = (list: readonly PlanStep[]): void => {
    for (const step of list) {
      if (step.kind !== 'loop') position++;
      else {
        const note = notes.get(step);
        if (note !== undefined) places.set(note.group, position);
        visit(step.kernels);
      }
    }
  };
  visit(steps);
  return places;
}

function timesOf(steps: readonly PlanStep[], around: number): number[] {
  return steps.flatMap((step) => (step.kind === 'loop' ? timesOf(step.kernels, around * step.length) : [around]));
}

/** The nodes that a group computes, inputs before users. */
function regionOf({ nodes }: Program, { producer }: Grouping, group: Group): number[] {
  const region = new Set<number>();
  const stack = [...group.stored];
  while (stack.length > 0) {
    const index = stack.pop() as number;
    if (region.has(index) || (producer.get(index) ?? group) !== group) continue;
    if (roleOf(nodes[index]?.op ?? 'buffer') === 'leaf') continue;
    region.add(index);
    stack.push(...(nodes[index]?.inputs ?? []));
  }
  return [...region].sort((a, b) => a - b);
}

const opOf = ({ nodes }: Program, index: number): string => nodes[index]?.op ?? '';
const roleAt = ({ nodes }: Program, index: number): ReturnType<typeof roleOf> => roleOf(nodes[index]?.op ?? 'buffer');

function computes(program: Program, index: number): boolean {
  return ['elementwise', 'reduction', 'contraction'].includes(roleAt(program, index));
}

function valueText(program: Program, index: number): string {
  const node = program.nodes[index] as ProgramNode;
  return `${node.op} ${formatType(node.type)}`;
}

/** For each program and node the groups that compute it, where it is elementwise work. */
function countComputed(stepNotes: readonly (readonly KernelNote[])[]): Map<Program, Map<number, Set<Group>>> {
  const found = new Map<Program, Map<number, Set<Group>>>();
  for (const { program, grouping, group } of stepNotes.flat()) {
    let groups = found.get(program);
    if (groups === undefined) found.set(program, (groups = new Map()));
    for (const index of regionOf(program, grouping, group)) {
      if (roleAt(program, index) !== 'elementwise') continue;
      const own = groups.get(index);
      if (own === undefined) groups.set(index, new Set([group]));
      else own.add(group);
    }
  }
  return found;
}

/** Of reductions and products first, then of what is stored, then of the rest. */
function originsOf(regions: readonly { readonly note: KernelNote; readonly nodes: readonly number[] }[]): Origin[] {
  const found = new Map<string, Origin>();
  const add = (origin: Origin | undefined): void => {
    if (origin === undefined) return;
    const { layer, called, line, isGradient } = origin;
    const key = JSON.stringify(layer === undefined ? [called, line, isGradient] : [layer, isGradient]);
    if (!found.has(key)) found.set(key, origin);
  };
  for (const { note } of regions) for (const index of note.group.anchors) add(note.program.nodes[index]?.origin);
  for (const { note } of regions) for (const index of note.group.stored) add(note.program.nodes[index]?.origin);
  for (const { note, nodes } of regions)
    for (const index of nodes) if (computes(note.program, index)) add(note.program.nodes[index]?.origin);
  return [...found.values()];
}

// Why kernels are several.

function boundariesOf(
  { program, grouping, group }: KernelNote,
  position: number,
  places: ReadonlyMap<Group, number>,
): Boundary[] {
  const found: (Boundary & { readonly index: number })[] = [];
  for (const index of group.stored) {
    for (const reader of grouping.groups) {
      if (reader === group || !reader.reads.has(group)) continue;
      const place = places.get(reader);
      if (place === undefined || place === position) continue;
      const users = usersIn(program, grouping, reader, index);
      if (users.length === 0) continue;
      // A step may read it in several of its parts.
      if (found.some((other) => other.reader === place && other.index === index)) continue;
      const reason = reasonOf(program, grouping, { index, group, reader, users });
      found.push({ index, reader: place, value: valueText(program, index), reason });
    }
  }
  return found.map(({ reader, value, reason }) => ({ reader, value, reason }));
}

/** The nodes of a group that read a value, through views or not; the views themselves where the group does no more with it. */
function usersIn(program: Program, grouping: Grouping, reader: Group, value: number): number[] {
  const region = regionOf(program, grouping, reader);
  const seen = new Set([value]);
  const users: number[] = [];
  const views: number[] = [];
  for (const index of region) {
    if (!(program.nodes[index]?.inputs ?? []).some((input) => seen.has(input))) continue;
    if (roleAt(program, index) === 'view') {
      seen.add(index);
      views.push(index);
    } else users.push(index);
  }
  return users.length > 0 ? users : views;
}

interface Cut {
  readonly index: number;
  readonly group: Group;
  readonly reader: Group;
  readonly users: readonly number[];
}

/** The rule that has the value written to memory for this reader, most particular first. */
function reasonOf(program: Program, { reasons, producer }: Grouping, { index, group, reader, users }: Cut): string {
  const roles = new Set(users.map((user) => roleAt(program, user)));
  if (roles.has('contraction'))
    return 'a product reads its operands from memory, where each of their elements is read many times';
  if (roles.has('loop')) return 'a loop reads from memory what all of its steps read';
  if (isJoin(program, reader.stored[0] ?? -1)) return 'a long concatenation copies ranges of memory';
  const readers = new Set([...producer.values()].filter((other) => other !== group && other.reads.has(group)));
  const reason = reasons.get(index);
  if (reason === 'deep') return `expressions of one kernel cost as much as ${depthLimit} additions at most`;
  if (reason === 'apart') return 'fusion is left out';
  if (reason === 'cut') return 'many results are ranges of it, which are copied';
  if (reason === 'waits') return 'what follows needs the result of another reduction, which waits for this one';
  if (reason === 'shared')
    return `it costs more than ${recomputeLimit} additions and would be computed more than once, so it is written once`;
  const isOfReduction = group.anchors.length > 0;
  if (isOfReduction && program.outputs.some(({ node }) => node === index))
    return 'it is a result itself, a gradient that stays, say, and the kernel of a reduction or product ends with a result';
  if (roles.has('reduction') && isOfReduction) {
    return group.anchors.some((anchor) => roleAt(program, anchor) === 'contraction')
      ? 'the kernel of a product goes on with elementwise work alone, and this is a reduction'
      : 'a reduction needs the results of another, and not of the same rows only';
  }
  if (roles.has('reduction')) return 'it is written in any case, and a reduction over it has another space';
  const own = program.nodes[index]?.type.size ?? 0;
  const other = program.nodes[reader.stored[0] ?? -1]?.type.size ?? 0;
  if (own !== other) return 'what reads it has another number of elements';
  if (readers.size > 1 && isOfReduction) return 'several kernels read what the reduction or product made';
  if (group.stored.length >= maximumStores) return `a kernel writes ${maximumStores} results at most`;
  if (reason === 'output') return 'it is a result, and what reads it moves its elements or reads others besides';
  return 'what reads it moves its elements, or needs the results of other kernels besides';
}

// What is moved and computed.

type Work = Pick<KernelDescription, 'multiplyAdds' | 'flops' | 'bytesRead' | 'bytesWritten'>;

function extentOf(axes: Iterable<Axis>): number {
  let product = 1;
  for (const { extent } of axes) product *= extent;
  return product;
}

interface Space {
  readonly stores: number;
  /** Of what is combined before the stores. */
  readonly inner: number;
}

/** Without the products that a strided convolution run backwards has with zeros. */
function usefulSpaceOf(kernel: Kernel): Space {
  const parts = kernel.kind === 'contraction' ? splitContraction(kernel) : kernel.kind === 'reduce' ? splitReduction(kernel) : [kernel]; // prettier-ignore
  const spaces = parts.map(spaceOf);
  return {
    stores: spaces.reduce((total, { stores }) => total + stores, 0),
    inner: spaces.reduce((total, { inner }) => total + inner, 0),
  };
}

function spaceOf(kernel: Kernel): Space {
  switch (kernel.kind) {
    case 'map':
      return { stores: extentOf(kernel.axes), inner: 0 };
    case 'reduce': {
      const stores = extentOf(kernel.axes);
      return { stores, inner: stores * extentOf(kernel.reduceAxes) };
    }
    case 'contraction': {
      const stores = extentOf([...kernel.batch, ...kernel.m, ...kernel.n]);
      return { stores, inner: stores * extentOf(kernel.k) };
    }
    case 'scatter': {
      const around = extentOf([...kernel.outer, ...kernel.inner, ...kernel.row]);
      return { stores: around * kernel.target.extent, inner: around * kernel.source.extent };
    }
    case 'cumulative':
    case 'sort': {
      const stores = extentOf([...kernel.outer, kernel.axis, ...kernel.inner]);
      return { stores, inner: stores };
    }
  }
}

/** What is evaluated before the stores. */
function innerRoots(kernel: Kernel): readonly Expression[] {
  switch (kernel.kind) {
    case 'map':
    case 'contraction':
      return [];
    case 'reduce':
      return kernel.reducers.map(({ value }) => value);
    case 'scatter':
      return [kernel.destination, kernel.update, kernel.base];
    case 'cumulative':
      return [kernel.value];
    case 'sort':
      return [kernel.key];
  }
}

function floatOperations(roots: readonly Expression[]): number {
  let count = 0;
  forEachExpression(roots, (expression) => {
    if ((expression.kind === 'unary' || expression.kind === 'binary') && expression.type === 'f32') count++;
  });
  return count;
}

function kernelsIn(step: InnerStep): readonly Kernel[] {
  if (step.kind === 'copy') return [];
  return step.kind === 'parts' ? step.kernels : isByRows(step) ? step.phases : [step];
}

/** What one phase of these leaves for the next is still near. */
function isByRows(step: InnerStep): step is Rows | Batches {
  return step.kind === 'rows' || step.kind === 'batches';
}

function workOf(step: InnerStep, buffers: readonly PlanBuffer[]): Work {
  let multiplyAdds = 0;
  let flops = 0;
  for (const kernel of kernelsIn(step)) {
    const space = usefulSpaceOf(kernel);
    if (kernel.kind === 'contraction') {
      multiplyAdds += space.inner;
      flops += 2 * space.inner;
    }
    const reducers = kernel.kind === 'reduce' ? kernel.reducers.filter(({ value }) => value.type === 'f32').length : 0;
    flops += space.inner * (floatOperations(innerRoots(kernel)) + reducers);
    flops += space.stores * floatOperations(kernel.stores.map(({ value }) => value));
  }
  const { read, written } = accessedBy(step, buffers);
  const sum = (elements: ReadonlyMap<number, number>): number =>
    [...elements].reduce((total, [buffer, count]) => total + count * bytesOf[buffers[buffer]?.type ?? 'f32'], 0);
  return { multiplyAdds, flops, bytesRead: sum(read), bytesWritten: sum(written) };
}

/** Distinct elements of each buffer that a step reads, as far as its indices say, and writes. What one phase of rows leaves for the next is still near. */
function accessedBy(
  step: InnerStep,
  buffers: readonly PlanBuffer[],
): { readonly read: Map<number, number>; readonly written: Map<number, number> } {
  const read = new Map<number, number>();
  const written = new Map<number, number>();
  const add = (to: Map<number, number>, buffer: number, elements: number): void => {
    to.set(buffer, Math.min((to.get(buffer) ?? 0) + elements, buffers[buffer]?.size ?? 0));
  };
  if (step.kind === 'copy') {
    for (const { from, to, size } of step.pieces) {
      add(read, from, size);
      add(written, to, size);
    }
    return { read, written };
  }
  for (const kernel of kernelsIn(step)) {
    const seen = new Map<number, Set<Index>>();
    const load = (buffer: number, index: Index): void => {
      const known = seen.get(buffer) ?? new Set();
      seen.set(buffer, known);
      if (known.has(index) || (isByRows(step) && written.has(buffer))) return;
      known.add(index);
      add(read, buffer, elementsOf(index));
    };
    if (kernel.kind === 'contraction') for (const { buffer, index } of [kernel.left, kernel.right]) load(buffer, index);
    forEachExpression([...innerRoots(kernel), ...kernel.stores.map(({ value }) => value)], (expression) => {
      if (expression.kind === 'load') load(expression.buffer, expression.index);
    });
    for (const { buffer, index } of kernel.stores) add(written, buffer, elementsOf(index));
  }
  return { read, written };
}

/** How many elements an index names at most. */
function elementsOf(index: Index): number {
  const axes = new Set<Axis>();
  collectAxes(index, axes);
  return Math.min(extentOf(axes), index.max - index.min + 1);
}

function loopsOf(step: InnerStep): string {
  const extents = (axes: readonly Axis[]): string => axes.map(({ extent }) => extent).join(' × ') || '1';
  switch (step.kind) {
    case 'map':
      return extents(step.axes);
    case 'reduce':
      return `${extents(step.axes)}, each over ${extents(step.reduceAxes)}`;
    case 'contraction':
      return `${extents([...step.batch, ...step.m, ...step.n])}, each over ${extents(step.k)}`;
    case 'scatter':
      return `${extents([...step.outer, step.target, ...step.inner, ...step.row])}, from ${step.source.extent}`;
    case 'cumulative':
    case 'sort':
      return `${extents([...step.outer, ...step.inner])}, each along ${step.axis.extent}`;
    case 'rows':
    case 'batches':
      return `${step.row.extent} ${step.row.extent === 1 ? 'row' : 'rows'}, ${step.phases.length} phases: ${step.phases
        .map((phase) =>
          phase.kind === 'contraction'
            ? extents([...phase.m, ...phase.n, ...phase.k])
            : extents([...phase.axes.slice(1), ...(phase.kind === 'reduce' ? phase.reduceAxes : [])]),
        )
        .join(', ')}`;
    case 'parts':
      return `${step.kernels.length} kernels side by side`;
    case 'copy':
      return `${step.pieces.length} ranges`;
  }
}

// Memory.

/** Bytes that some moment of a run needs for temporaries: the places of all that have been written and will be read. */
function temporaryBound({ kernels, buffers }: Plan): number {
  const lives = new Map<number, { first: number; last: number }>();
  let position = 0;
  const rootOf = (buffer: number): number => {
    const { kind, position: whole } = buffers[buffer] as PlanBuffer;
    return kind === 'part' ? rootOf(whole) : buffer;
  };
  const visit = (steps: readonly PlanStep[]): void => {
    for (const step of steps) {
      if (step.kind === 'loop') {
        const begin = position;
        visit(step.kernels);
        // What came into the loop is there to its end.
        for (const life of lives.values())
          if (life.first < begin && life.last >= begin) life.last = Math.max(life.last, position - 1);
        continue;
      }
      const { read, written } = accessedBy(step, buffers);
      // Also what one phase of rows leaves for the next.
      for (const buffer of [...read.keys(), ...written.keys()].map(rootOf)) {
        if (buffers[buffer]?.kind !== 'temporary') continue;
        const life = lives.get(buffer);
        if (life === undefined) lives.set(buffer, { first: position, last: position });
        else life.last = position;
      }
      position++;
    }
  };
  visit(kernels);
  let most = 0;
  for (let step = 0; step < position; step++) {
    const ranges = [...lives].flatMap(([buffer, { first, last }]) => {
      const { offset, size, type } = buffers[buffer] as PlanBuffer;
      return first <= step && step <= last ? [{ offset, end: offset + size * bytesOf[type] }] : [];
    });
    ranges.sort((a, b) => a.offset - b.offset);
    let bytes = 0;
    let end = 0;
    for (const range of ranges) {
      bytes += Math.max(0, range.end - Math.max(end, range.offset));
      end = Math.max(end, range.end);
    }
    most = Math.max(most, bytes);
  }
  return most;
}
