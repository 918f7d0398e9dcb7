/** Turns a plan into dispatches: picks every kernel's schedule, fits it into the device's limits, renders it. */
import { DeviceError } from '../../graph/errors.ts';
import {
  bytesOf as elementBytes,
  innerSteps,
  type ContractionKernel,
  type CopyKernel,
  type CumulativeKernel,
  type Kernel,
  type Loop,
  type MapKernel,
  type Parts,
  type Piece,
  type Plan,
  type PlanBuffer,
  type PlanStep,
  type ReduceKernel,
  type Rows,
  type ScatterKernel,
  type SortKernel,
  type Store,
} from '../../compiler/kernel.ts';
import { constantIndex } from '../../compiler/index-expression.ts';
import { Rewriter } from '../../compiler/rewriter.ts';
import { joinShaders, type Shader } from '../wgsl/shader.ts';
import {
  bytesOf,
  planBindings,
  type Binding,
  type BindingPlan,
  type Move,
  type MovingPart,
  type ParameterPlace,
} from './bindings.ts';
import { chooseReduceParts, chooseReduceShape, chooseSplit, chooseTile } from './choose.ts';
import { renderContraction } from './contraction.ts';
import { cumulativeInParts, cumulativeParts, renderCumulative } from './cumulative.ts';
import { renderMap, type Target } from './map.ts';
import { renderReduce } from './reduce.ts';
import { chooseRowShape, renderRows } from './rows.ts';
import {
  contractionAsReduction,
  detachEpilogue,
  foldBatch,
  independentStores,
  joinSplit,
  reduceInStages,
  Scratch,
} from './stages.ts';
import { addRows, readPositions, renderRound, sortRounds, writeKeys } from './sort.ts';
import { listSizes, prepareLists, renderLinks, renderScatter } from './scatter.ts';
import {
  addExpressions,
  emptyUses,
  isLinked,
  isPart,
  pointCount,
  rewriteKernel,
  accessesOf,
  usesOf,
  type LinkedScatter,
  type Uses,
} from './traverse.ts';

/** One dispatch. */
export interface Dispatch {
  readonly kind: 'dispatch';
  readonly name: string;
  /** The step of the plan, loops written as their bodies, that it is a part of. */
  readonly step: number;
  readonly shader: Shader;
  readonly bindings: readonly Binding[];
}

/** A place in a parameter, or (−1) in the arena. */
export interface Place {
  readonly parameter: number;
  /** In bytes, where all loops around are at position 0. */
  readonly offset: number;
  readonly moves: readonly Move[];
}

/** Copies between buffers, one after the other. */
export interface Copies {
  readonly kind: 'copies';
  readonly name: string;
  readonly pieces: readonly { readonly from: Place; readonly to: Place; readonly bytes: number }[];
}

/** Steps that are done again and again. */
export interface Repeat<S> {
  readonly kind: 'repeat';
  readonly length: number;
  readonly reverse: boolean;
  readonly steps: readonly (S | Repeat<S>)[];
}

type SimpleStep = Dispatch | Copies;
export type Step = SimpleStep | Repeat<SimpleStep>;

/** How many steps are done. */
export function countSteps(steps: readonly Step[]): number {
  return steps.reduce((count, step) => count + (step.kind === 'repeat' ? step.length * countSteps(step.steps) : 1), 0);
}

/** All steps, those that are repeated once. */
export function everyStep<S extends SimpleStep>(steps: readonly (S | Repeat<S>)[]): S[] {
  return steps.flatMap((step) => (step.kind === 'repeat' ? everyStep(step.steps) : [step]));
}

export interface Lowered {
  readonly steps: readonly Step[];
  /** The plan's arena with the backend's own temporaries. */
  readonly arenaBytes: number;
}

/** `places[i]` says where parameter i lies; see {@link placesApart}. */
export function lowerPlan(plan: Plan, target: Target, places: readonly ParameterPlace[]): Lowered {
  const lowering = new Lowering(plan, target, places);
  for (const step of plan.kernels) lowering.step(step);
  return { steps: lowering.steps, arenaBytes: lowering.scratch.bytes };
}

/** A dispatch to be: it can be rendered over any bindings that show its buffers. */
interface Job {
  readonly kernel: Kernel;
  readonly render: (plan: BindingPlan) => Shader;
}

/** Jobs that one shader can do. */
interface Alike {
  readonly threads: number;
  /** Module-scope variables of all of them; undefined: a job that has to stay alone. */
  readonly variables: string[] | undefined;
  readonly members: { readonly job: Job; readonly groups: number }[];
}

/** Whether variables of one name are the same. */
function mayJoin(some: readonly string[] | undefined, others: readonly string[] | undefined): boolean {
  if (some === undefined || others === undefined) return false;
  return new Set([...some, ...others].map(nameOf)).size === new Set([...some, ...others]).size;
}

function nameOf(declaration: string): string {
  return declaration.slice(0, declaration.indexOf(':'));
}

/** Adds the buffers that a kernel uses. */
function addUses(kernel: Kernel, all: Uses): void {
  const { loads, stores } = usesOf(kernel);
  all.loads.push(...loads);
  all.stores.push(...stores);
}

class Lowering {
  steps: Step[] = [];
  readonly scratch: Scratch;
  readonly #target: Target;
  readonly #places: readonly ParameterPlace[];
  /** The first parameter at the same place. */
  readonly #canonical: readonly number[];
  /** Whether the plan writes to one of two parameters at the same place. */
  readonly #isAliased: boolean;
  /** Parts of buffers that kernels see where they are. */
  readonly #moving = new Map<number, MovingPart>();
  /** Loops around what is lowered now. */
  #depth = 0;
  /** All steps of the plan, and the position of the one that is lowered now. */
  readonly #all: readonly PlanStep[];
  #step = 0;
  /** Where dispatches go that are not made yet. */
  #jobs: Job[] | undefined;

  constructor(plan: Plan, target: Target, places: readonly ParameterPlace[]) {
    this.scratch = new Scratch(plan.buffers, plan.arenaBytes);
    this.#all = innerSteps(plan.kernels);
    this.#target = target;
    this.#places = places;
    const first = new Map<string, number>();
    this.#canonical = places.map(({ root, offset }, position) => {
      const key = `${root} ${offset}`;
      if (!first.has(key)) first.set(key, position);
      return first.get(key) ?? position;
    });
    const twice = new Set(this.#canonical.filter((canonical, position) => canonical !== position));
    const { written } = accessesOf(plan.kernels, plan.buffers);
    this.#isAliased = [...written].some((buffer) => {
      const { kind, position } = plan.buffers[buffer] as PlanBuffer;
      return kind === 'parameter' && twice.has(this.#canonical[position] ?? position);
    });
  }

  step(kernel: PlanStep): void {
    if (kernel.kind === 'loop') {
      this.#loop(kernel);
      return;
    }
    this.#step = this.#all.indexOf(kernel);
    this.scratch.restart();
    if (kernel.kind === 'copy') {
      this.steps.push(this.#copies(kernel));
      return;
    }
    if (kernel.kind === 'parts') {
      this.#parts(kernel);
      return;
    }
    if (kernel.kind === 'rows') {
      this.#rows(kernel);
      return;
    }
    if (kernel.kind === 'batches') {
      // A product takes all processors.
      for (const each of kernel.steps) {
        this.scratch.restart();
        if (each.kind === 'rows') this.#rows(each);
        else this.#schedule(each);
      }
      return;
    }
    if (kernel.stores.length > 0) this.#schedule(kernel);
  }

  /** One dispatch where the rows keep the device busy and their buffers can be bound. Where buffers are one and the same in this run, what one row writes another may read. */
  #rows(step: Rows): void {
    if (step.phases.every(({ axes }) => pointCount(axes) === 0)) return;
    const shape = this.#isAliased ? undefined : chooseRowShape(step, this.#target);
    const all = emptyUses();
    for (const phase of step.phases) addUses(phase, all);
    const { limits } = this.#target;
    const plan =
      shape === undefined
        ? undefined
        : planBindings(all, this.scratch.buffers, this.#places, { limits, moving: this.#moving });
    if (shape !== undefined && plan !== undefined) {
      const shader = renderRows(step, plan, this.#target, shape);
      this.steps.push({ kind: 'dispatch', name: step.name, step: this.#step, shader, bindings: plan.bindings });
      return;
    }
    for (const phase of step.phases) {
      this.scratch.restart();
      this.#schedule(phase);
    }
  }

  /**
   * Independent kernels in as few dispatches as bindings allow: the first stages of all together, then the second (a long reduction has two). Where buffers are one and the same in this run, what is
   * independent otherwise may not be; then they run one by one.
   */
  #parts({ kernels }: Parts): void {
    const running = kernels.filter(({ stores, axes }) => stores.length > 0 && pointCount(axes) > 0);
    if (this.#isAliased) {
      for (const kernel of running) this.#schedule(kernel);
      return;
    }
    const apart: Kernel[] = [];
    const stages: Job[][] = [];
    for (const kernel of running) {
      const jobs: Job[] = [];
      this.#jobs = jobs;
      this.#schedule(kernel);
      this.#jobs = undefined;
      // What one dispatch cannot bind is taken apart by itself.
      if (jobs.some((job) => this.#bind(job.kernel) === undefined)) apart.push(kernel);
      else jobs.forEach((job, stage) => (stages[stage] ??= []).push(job));
    }
    for (const jobs of stages) this.#join(jobs);
    for (const kernel of apart) this.#schedule(kernel);
  }

  /** Dispatches of as many jobs as can be bound together, in their order. */
  #join(jobs: readonly Job[]): void {
    const limit = this.#target.limits.workgroupsPerDimension;
    const alike: Alike[] = [];
    for (const job of jobs) {
      const { parts } = job.render(this.#bindAll([job]) as BindingPlan);
      const [groups, rows] = parts.grid;
      const variables = rows > 1 ? undefined : parts.variables;
      let others = alike.find((each) => each.threads === parts.threads && mayJoin(each.variables, variables));
      if (others === undefined)
        alike.push((others = { threads: parts.threads, variables: variables && [], members: [] }));
      others.variables?.push(...(variables ?? []));
      others.members.push({ job, groups });
    }
    for (const { members } of alike) {
      let pending: Job[] = [];
      let total = 0;
      for (const { job, groups } of members) {
        if (pending.length > 0 && (total + groups > limit || this.#bindAll([...pending, job]) === undefined)) {
          this.#dispatch(pending);
          pending = [];
          total = 0;
        }
        pending.push(job);
        total += groups;
      }
      this.#dispatch(pending);
    }
  }

  /** One dispatch, of jobs that can be bound together and are alike. */
  #dispatch(jobs: readonly Job[]): void {
    const plan = this.#bindAll(jobs) as BindingPlan;
    const shaders = jobs.map(({ render }) => render(plan));
    const [first] = shaders as [Shader];
    const name = jobs[0]?.kernel.name ?? '';
    this.steps.push({
      kind: 'dispatch',
      step: this.#step,
      name: jobs.length === 1 ? name : `${jobs.length} parts: ${name}, …`,
      shader: shaders.length === 1 ? first : joinShaders(shaders),
      bindings: plan.bindings,
    });
  }

  #bindAll(jobs: readonly Job[]): BindingPlan | undefined {
    const all = emptyUses();
    for (const { kernel } of jobs) addUses(kernel, all);
    return planBindings(all, this.scratch.buffers, this.#places, { limits: this.#target.limits });
  }

  /** Parts of buffers are seen where they are as far as the device allows, and otherwise copied. */
  #loop(loop: Loop): void {
    const seen = this.#partsSeen(loop);
    if (seen.length > 0) {
      const [before, steps] = [this.scratch.state(), this.steps];
      try {
        this.#repeat(loop, new Set(seen));
        return;
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        // Windows that cannot be joined may have been too many.
        this.scratch.return(before);
        this.steps = steps;
      }
    }
    this.#repeat(loop, new Set());
  }

  /**
   * The parts of a loop that kernels can see where they are: those that begin where a binding may, and of whose memory nothing else is used in the loop, unless all only
   * read it.
   */
  #partsSeen({ parts, kernels }: Loop): number[] {
    const { buffers } = this.scratch;
    const { read, written } = accessesOf(kernels, buffers);
    const wholeOf = (position: number): number =>
      parts.includes(position) ? (buffers[position]?.position ?? -1) : position;
    const rootOf = (position: number): string => {
      const { parameter, offset } = this.#place(wholeOf(position), 0);
      return parameter < 0 ? `arena ${offset}` : `parameter ${this.#places[parameter]?.root ?? parameter}`;
    };
    const users = new Map<string, number[]>();
    for (const position of new Set([...read, ...written])) {
      const root = rootOf(position);
      users.set(root, [...(users.get(root) ?? []), position]);
    }
    return parts.filter((part) => {
      const bytes = 4 * (buffers[part]?.size ?? 0);
      if (bytes === 0 || bytes % this.#target.limits.offsetAlignment !== 0) return false;
      const others = users.get(rootOf(part)) ?? [];
      const whole = wholeOf(part);
      const isAlone = others.every((other) => parts.includes(other) && wholeOf(other) === whole);
      const isRead = this.#place(whole, 0).parameter >= 0 && others.every((other) => !written.has(other));
      return isAlone || isRead;
    });
  }

  /** The other parts lie in a place of their own, so that kernels find them there; they are copied there from what they are parts of, and back. */
  #repeat({ name, length, reverse, parts, kernels }: Loop, seen: ReadonlySet<number>): void {
    const { buffers } = this.scratch;
    const wholes = parts.map((part) => this.#place(buffers[part]?.position ?? -1, 0));
    const { read, written } = accessesOf(kernels, buffers);
    const depth = this.#depth;
    const partOf = (place: Place, part: number): Place => ({
      ...place,
      moves: [...place.moves, { depth, stride: 4 * (buffers[part]?.size ?? 0) }],
    });
    parts.forEach((part, i) => {
      if (seen.has(part)) {
        const { parameter, offset, moves } = partOf(wholes[i] as Place, part);
        const place = this.#places[parameter] ?? { root: parameter, offset: 0 };
        this.#moving.set(part, { parameter: place.root, offset: place.offset + offset, moves });
      } else {
        this.#moving.delete(part);
        this.scratch.keep(part);
      }
    });
    const moved = (isWanted: (part: number) => boolean, isOut: boolean): Copies => {
      const pieces = parts.flatMap((part, i): Copies['pieces'][number][] => {
        const bytes = 4 * (buffers[part]?.size ?? 0);
        if (bytes === 0 || seen.has(part) || !isWanted(part)) return [];
        const here = this.#place(part, 0);
        const there = partOf(wholes[i] as Place, part);
        return [isOut ? { from: here, to: there, bytes } : { from: there, to: here, bytes }];
      });
      return { kind: 'copies', name, pieces };
    };
    const outer = this.steps;
    this.steps = [];
    this.#depth++;
    const [into, back] = [
      moved((part) => read.has(part) && !written.has(part), false),
      moved((part) => written.has(part), true),
    ];
    if (into.pieces.length > 0) this.steps.push(into);
    for (const step of kernels) this.step(step);
    if (back.pieces.length > 0) this.steps.push(back);
    this.#depth--;
    outer.push({ kind: 'repeat', length, reverse, steps: this.steps });
    this.steps = outer;
  }

  #place(position: number, index: number): Place {
    const buffer = this.scratch.buffers[position];
    if (buffer === undefined) throw new Error(`the plan has no buffer ${position}`);
    const moving = this.#moving.get(position);
    if (moving !== undefined) return { ...moving, offset: moving.offset + 4 * index };
    const isParameter = buffer.kind === 'parameter';
    const offset = (isParameter ? 0 : buffer.offset) + elementBytes[buffer.type] * index;
    return { parameter: isParameter ? buffer.position : -1, offset, moves: [] };
  }

  #copies({ name, pieces }: CopyKernel): Copies {
    return {
      kind: 'copies',
      name,
      pieces: pieces.map(({ from, fromIndex, to, toIndex, size }) => ({
        from: this.#place(from, fromIndex),
        to: this.#place(to, toIndex),
        // Whole words: a float16 at the end of a buffer has room behind it.
        bytes: Math.ceil((size * elementBytes[this.scratch.buffers[from]?.type ?? 'f32']) / 4) * 4,
      })),
    };
  }

  #schedule(kernel: Kernel): void {
    switch (kernel.kind) {
      case 'map':
        if (pointCount(kernel.axes) > 0) this.#fit(kernel, (plan) => renderMap(kernel, plan, this.#target));
        break;
      case 'reduce':
        if (pointCount(kernel.axes) > 0) this.#reduce(kernel);
        break;
      case 'contraction':
        if (pointCount([...kernel.batch, ...kernel.m, ...kernel.n]) > 0) this.#contraction(kernel);
        break;
      case 'scatter':
        if (pointCount([...kernel.outer, kernel.target, ...kernel.inner, ...kernel.row]) > 0) this.#scatter(kernel);
        break;
      case 'sort':
        if (pointCount([...kernel.outer, kernel.axis, ...kernel.inner]) > 0) this.#sort(kernel);
        break;
      case 'cumulative':
        if (pointCount([...kernel.outer, kernel.axis, ...kernel.inner]) > 0) this.#cumulative(kernel);
        break;
    }
  }

  #reduce(kernel: ReduceKernel): void {
    const shape = chooseReduceShape(kernel, this.#target);
    const parts = chooseReduceParts(kernel, shape, this.#target);
    const stages = parts > 1 ? reduceInStages(kernel, parts, this.scratch.add) : undefined;
    if (stages !== undefined) {
      for (const stage of stages) this.#oneReduce(stage);
    } else this.#oneReduce(kernel);
  }

  #oneReduce(kernel: ReduceKernel): void {
    this.#fit(kernel, (plan) => renderReduce(kernel, plan, this.#target, chooseReduceShape(kernel, this.#target)));
  }

  #contraction(given: ContractionKernel): void {
    const kernel = foldBatch(given);
    const tile = chooseTile(kernel, this.#target);
    if (tile === undefined) {
      this.#reduce(contractionAsReduction(given));
      return;
    }
    const length = chooseSplit(kernel, tile, this.#target);
    if (length === undefined) {
      this.#fit(kernel, (plan) => renderContraction(kernel, plan, this.#target, tile, undefined));
      return;
    }
    const parts = Math.ceil(pointCount(kernel.k) / length);
    const buffer = this.scratch.add('f32', parts * pointCount([...kernel.batch, ...kernel.m, ...kernel.n]));
    const stores: Store[] = [{ buffer, index: constantIndex(0), value: { kind: 'result', type: 'f32', position: 0 } }];
    const first: ContractionKernel = { ...kernel, name: `${kernel.name}.parts`, stores };
    this.#fit(first, (plan) => renderContraction(first, plan, this.#target, tile, { parts, length, buffer }));
    this.#oneReduce(joinSplit(kernel, parts, buffer));
  }

  #scatter(kernel: ScatterKernel): void {
    const linked = isLinked(kernel) ? kernel : this.#link(kernel);
    this.#fit(linked, (plan) => renderScatter(linked, plan, this.#target));
  }

  #cumulative(kernel: CumulativeKernel): void {
    const parts = isPart(kernel) ? 1 : cumulativeParts(kernel, this.#target);
    const stages = parts > 1 ? cumulativeInParts(kernel, parts, this.scratch.add) : [kernel];
    for (const stage of stages) {
      if (stage !== kernel && !isPart(stage)) this.#cumulative(stage);
      else this.#fit(stage, (plan) => renderCumulative(stage, plan, this.#target));
    }
  }

  #sort(kernel: SortKernel): void {
    const bytes = 4 * pointCount([...kernel.outer, kernel.axis, ...kernel.inner]);
    const { bindingBytes } = this.#target.limits;
    if (bytes > bindingBytes) {
      throw new DeviceError(
        `[${kernel.name}] sorts ${bytes} bytes at once, and this WebGPU device binds at most ${bindingBytes} bytes`,
        { hint: 'Use smaller tensors, or the WebAssembly backend.' },
      );
    }
    let [from, to] = [addRows(kernel, this.scratch.add), addRows(kernel, this.scratch.add)];
    this.#schedule(writeKeys(kernel, from));
    for (const run of sortRounds(kernel)) {
      const round = renderRound(kernel, run, [from, to], this.scratch.buffers, this.#target);
      this.steps.push({
        kind: 'dispatch',
        step: this.#step,
        name: `${kernel.name}.${run === 0 ? 'blocks' : `runs of ${run}`}`,
        ...round,
      });
      [from, to] = [to, from];
    }
    this.#schedule(readPositions(kernel, from));
  }

  #link(kernel: ScatterKernel): LinkedScatter {
    const sizes = listSizes(kernel);
    const [heads, next] = [this.scratch.add('i32', sizes.heads), this.scratch.add('i32', sizes.next)];
    const linked: LinkedScatter = { ...kernel, heads, next };
    for (const map of prepareLists(linked)) this.#schedule(map);
    const { shader, bindings } = renderLinks(linked, this.scratch.buffers, this.#target);
    this.steps.push({ kind: 'dispatch', name: `${kernel.name}.links`, step: this.#step, shader, bindings });
    return linked;
  }

  /** Renders the kernel if its buffers can be bound; otherwise takes it apart until they can. */
  #fit(kernel: Kernel, render: (plan: BindingPlan) => Shader): void {
    if (this.#jobs !== undefined) {
      this.#jobs.push({ kernel, render });
      return;
    }
    const plan = this.#bind(kernel);
    if (plan !== undefined) {
      const shader = render(plan);
      this.steps.push({ kind: 'dispatch', name: kernel.name, step: this.#step, shader, bindings: plan.bindings });
    } else if (kernel.kind === 'map' && this.#splitStores(kernel)) return;
    else if (kernel.kind !== 'map' && this.#splitEpilogue(kernel)) return;
    else this.#gather(kernel);
  }

  #bind(kernel: Kernel): BindingPlan | undefined {
    const { limits } = this.#target;
    return planBindings(usesOf(kernel), this.scratch.buffers, this.#places, { limits, moving: this.#moving });
  }

  #splitStores(kernel: MapKernel): boolean {
    // Parameters that are one device buffer in this run count as one; −1 − i keeps them apart from plan positions.
    const identity = (position: number): number => {
      const buffer = this.scratch.buffers[position];
      return buffer?.kind === 'parameter' ? -1 - (this.#canonical[buffer.position] ?? buffer.position) : position;
    };
    const reads = (store: Store): Set<number> => {
      const uses = emptyUses();
      addExpressions([store.value], uses);
      return new Set(uses.loads.map(({ buffer }) => identity(buffer)));
    };
    const groups = independentStores(kernel.stores, reads, identity);
    if (groups.length < 2) return false;
    let pending: Store[] = [];
    const flush = (): void => {
      if (pending.length > 0) this.#schedule({ ...kernel, stores: pending });
      pending = [];
    };
    for (const group of groups) {
      if (pending.length > 0 && this.#bind({ ...kernel, stores: [...pending, ...group] }) === undefined) flush();
      pending.push(...group);
    }
    flush();
    return true;
  }

  #splitEpilogue(kernel: Exclude<Kernel, MapKernel>): boolean {
    const isTemporary = (buffer: number): boolean => this.scratch.buffers[buffer]?.kind === 'temporary';
    if (kernel.stores.every(({ buffer, value }) => value.kind === 'result' && isTemporary(buffer))) return false;
    const [first, epilogue] = detachEpilogue(kernel, this.scratch.add);
    this.#schedule(first);
    this.#schedule(epilogue);
    return true;
  }

  /** The last resort: copies parameters into the arena, smallest first, so that one window shows many. */
  #gather(kernel: Kernel): void {
    const uses = usesOf(kernel);
    const written = new Set(uses.stores.map(({ buffer }) => buffer));
    const parameters = [...new Set([...uses.loads, ...uses.stores].map(({ buffer }) => buffer))]
      .filter((position) => this.scratch.buffers[position]?.kind === 'parameter')
      .sort((a, b) => this.#bytes(a) - this.#bytes(b));
    const copies = new Map<number, number>();
    for (const parameter of parameters) {
      const buffer = this.scratch.buffers[parameter];
      if (buffer === undefined) continue;
      copies.set(parameter, this.scratch.add(buffer.type, buffer.size));
      const gathered = rewriteKernel(kernel, new Rewriter({ buffers: copies }));
      if (this.#bind(gathered) === undefined) continue;
      this.#copy(`${kernel.name}.gather`, [...copies]);
      this.#schedule(gathered);
      this.#copy(
        `${kernel.name}.scatter`,
        [...copies].flatMap(([to, from]) => (written.has(to) ? [[from, to] as const] : [])),
      );
      return;
    }
    const { storageBuffers, bindingBytes } = this.#target.limits;
    const sizes = parameters.map((position) => this.#bytes(position)).join(', ');
    throw new DeviceError(
      `[${kernel.name}] needs buffers that this WebGPU device cannot bind: parameters of ${sizes} bytes, at most ${storageBuffers} bindings of ${bindingBytes} bytes each`,
      { hint: 'Use smaller tensors, or the WebAssembly backend.' },
    );
  }

  #bytes(position: number): number {
    const buffer = this.scratch.buffers[position];
    return buffer === undefined ? 0 : bytesOf(buffer);
  }

  #copy(name: string, pairs: readonly (readonly [number, number])[]): void {
    const pieces = pairs.flatMap(([from, to]): Piece[] => {
      const size = this.scratch.buffers[from]?.size ?? 0;
      return size === 0 ? [] : [{ from, fromIndex: 0, to, toIndex: 0, size }];
    });
    if (pieces.length > 0) this.steps.push(this.#copies({ kind: 'copy', name, pieces }));
  }
}
