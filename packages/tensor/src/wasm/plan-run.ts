/** Runs of a plan: writes where everything lies, then does the tasks in their order. */
import type { Plan } from '../compiler/kernel.ts';
import type { Allocator } from './allocator.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { PlanTasks, Task } from './plan-tasks.ts';
import { renderModule } from './render.ts';
import type { Sharing } from './sharing.ts';

/** What runs are given beside the plan. */
export interface RunContext {
  readonly allocator: Allocator;
  /** Undefined where there is one thread. */
  readonly share: Sharing['share'] | undefined;
  /** Copies bytes; the ranges may overlap. */
  readonly copy: (to: number, from: number, bytes: number) => void;
}

export class PlanRun {
  readonly #tasks: PlanTasks;
  readonly #buffers: Plan['buffers'];
  readonly #context: RunContext;
  readonly #mark: (step: number) => void;
  /** For each parameter the words that are its address, and what they say. */
  readonly #parameterPlaces: readonly (readonly number[])[];
  readonly #parameters: number[];
  readonly #temporaries: readonly { readonly offset: number; readonly places: readonly number[] }[];
  #arena = -1;
  /** Addresses of the parts of buffers that loops have reached. */
  readonly #parts: number[];
  #own = 0;
  /** The memory; it does not grow while a plan runs. */
  #words: Int32Array = new Int32Array(0);

  constructor(plan: Plan, tasks: PlanTasks, context: RunContext, mark: (step: number) => void = () => {}) {
    this.#tasks = tasks;
    this.#buffers = plan.buffers;
    this.#context = context;
    this.#mark = mark;
    const ofParameters: number[][] = Array.from({ length: plan.parameterCount }, () => []);
    const temporaries: { offset: number; places: readonly number[] }[] = [];
    plan.buffers.forEach(({ kind, position, offset }, buffer) => {
      const places = tasks.places[buffer] ?? [];
      if (kind === 'parameter') ofParameters[position]?.push(...places);
      else if (kind === 'temporary' && places.length > 0) temporaries.push({ offset, places });
    });
    this.#parameterPlaces = ofParameters;
    this.#parameters = ofParameters.map(() => -1);
    this.#temporaries = temporaries;
    this.#parts = tasks.hasLoops ? plan.buffers.map(() => 0) : [];
  }

  /** Says where a parameter lies. */
  bind(parameter: number, address: number): void {
    if (this.#parameters[parameter] === address) return;
    this.#parameters[parameter] = address;
    this.#words = this.#context.allocator.ints();
    this.#write(this.#parameterPlaces[parameter] ?? [], address);
  }

  /** Runs the plan with temporaries from `arena` on, and the scratch memory of the calling thread from `own` on. */
  run(arena: number, own: number): void {
    this.#words = this.#context.allocator.ints();
    if (this.#arena !== arena) {
      this.#arena = arena;
      for (const { offset, places } of this.#temporaries) this.#write(places, arena + offset);
    }
    this.#own = own;
    this.#do(this.#tasks.tasks);
  }

  #write(places: readonly number[], address: number): void {
    const words = this.#words;
    for (let i = 0; i < places.length; i++) words[places[i] as number] = address;
  }

  #do(tasks: readonly Task[]): void {
    for (let i = 0; i < tasks.length; i++) {
      const task = tasks[i] as Task;
      switch (task.kind) {
        case 'call':
          task.run(0, task.grid, this.#own, task.frame);
          break;
        case 'job':
          this.#context.share?.(task.address, task.chunks, task.wake, this.#own);
          break;
        case 'copy':
          for (const { from, fromIndex, to, toIndex, size } of task.pieces)
            this.#context.copy(this.#addressOf(to) + 4 * toIndex, this.#addressOf(from) + 4 * fromIndex, 4 * size);
          break;
        case 'mark':
          this.#mark(task.step);
          break;
        case 'loop':
          this.#loop(task);
      }
    }
  }

  #loop({ loop, parts, tasks }: Extract<Task, { kind: 'loop' }>): void {
    const { length, reverse, until } = loop;
    for (let step = 0; step < length; step++) {
      if (until !== undefined && this.#words[this.#addressOf(until) / 4] === 0) return;
      const position = reverse ? length - 1 - step : step;
      for (const { buffer, whole, bytes } of parts) {
        const address = this.#addressOf(whole) + position * bytes;
        this.#parts[buffer] = address;
        this.#write(this.#tasks.places[buffer] ?? [], address);
      }
      this.#do(tasks);
    }
  }

  #addressOf(buffer: number): number {
    const { kind, position, offset } = this.#buffers[buffer] as Plan['buffers'][number];
    if (kind === 'temporary') return this.#arena + offset;
    return (kind === 'part' ? this.#parts[buffer] : this.#parameters[position]) ?? 0;
  }
}

/** Copies within the memory. */
export function makeCopy({ memory, maximumPages }: Allocator, isShared: boolean): RunContext['copy'] {
  const fb = new FunctionBuilder('copy');
  fb.copy(fb.parameter('to'), fb.parameter('from'), fb.parameter('bytes'));
  const code = renderModule(new Map([['copy', fb.finish()]]), { sharedPages: isShared ? maximumPages : undefined });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  return exports['copy'] as RunContext['copy'];
}
