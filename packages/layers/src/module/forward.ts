/**
 * How `forward` is called. It is wrapped once, when its module is made, and whatever concerns a call stands here: hooks, what compiled
 * functions watch, the name of the module in errors, and those who look on (the summary, ONNX export).
 */
import { ArgumentError, HebbError } from '@hebb/tensor';
import { describe, requireFunction } from '@hebb/tensor/arguments';
import { inLayer } from '@hebb/tensor/costs';
import { HookHolder, type Hooks } from './hooks.ts';
import type { AnyModule } from './module.ts';
import { placeOf } from './known.ts';
import { walk } from './walk.ts';
import { watching } from './watch.ts';

/** Gets a module and its inputs before `forward` does; a list that it returns takes the place of the inputs. */
export type ForwardPreHook<M extends AnyModule = AnyModule> = (
  module: M,
  inputs: Parameters<M['forward']>,
) => readonly unknown[] | void;

/** Gets a module, its inputs and what `forward` returned; what it returns, unless undefined, takes the place of the output. */
export type ForwardHook<M extends AnyModule = AnyModule> = (
  module: M,
  inputs: Parameters<M['forward']>,
  output: ReturnType<M['forward']>,
) => ReturnType<M['forward']> | void;

type Forward = (...inputs: unknown[]) => unknown;

/** Is told of every call of a `forward` that has returned, with what the caller gave and gets. */
export type Observer = (module: AnyModule, inputs: readonly unknown[], output: unknown) => void;

let observers: readonly Observer[] = [];

/** Runs `body` and tells `observer` of the calls in it, of any module. */
export function withObserver<T>(observer: Observer, body: () => T): T {
  const before = observers;
  observers = [observer, ...before];
  try {
    return body();
  } finally {
    observers = before;
  }
}

/** A call of `forward` that has not returned, and the one in which it was made. */
export interface Running {
  readonly module: AnyModule;
  readonly inputs: readonly unknown[];
  readonly outer: Running | undefined;
}

let running: Running | undefined;

/** The calls that have not returned, inner before outer. */
export function* runningCalls(): Iterable<Running> {
  for (let call = running; call !== undefined; call = call.outer) yield call;
}

/** The modules whose `forward` is running, inner before outer. */
export function* runningModules(): Iterable<AnyModule> {
  for (const { module } of runningCalls()) yield module;
}

/**
 * Has the modules of the model that is running learn their paths, for errors: the first `forward` is where shapes do not fit, and often nothing has walked the model
 * before. The model is the outermost module that is running. What it does not reach, and all of it where it cannot be walked, is left as it is.
 */
export function locateRunning(): void {
  let outermost: AnyModule | undefined;
  for (const module of runningModules()) outermost = module;
  if (outermost === undefined) return;
  try {
    walk(outermost);
  } catch {
    // The error on the way is the one to be told.
  }
}

/** Where the module that is running stands in the model that is. */
function placeOfRunning(): string {
  locateRunning();
  return running === undefined ? '' : placeOf(running.module);
}

/** What a module keeps about its `forward`. */
export class Forwarding {
  readonly #module: AnyModule;
  #hooks = new HookHolder();
  #wrapped: Forward | undefined;

  constructor(module: AnyModule) {
    this.#module = module;
  }

  /**
   * Wraps the module's `forward` where it is not. A field of a subclass (`forward = (x) => …`) takes the place of the wrapped method after the
   * constructor of Module has run, so walks call it again.
   */
  wrap(): void {
    const module = this.#module as unknown as { forward: Forward };
    const { forward: own } = module;
    if (own === this.#wrapped || typeof own !== 'function') return;
    if (!Object.isExtensible(module) && Object.hasOwn(module, 'forward')) return;
    // What has been wrapped and is called by its successor is a plain function again.
    const forward: Forward = (...inputs) =>
      forward === this.#wrapped ? this.#call(own, inputs) : own.apply(module, inputs);
    Object.defineProperty(module, 'forward', { value: forward, configurable: true, enumerable: false, writable: true });
    this.#wrapped = forward;
  }

  /** Adds a hook; the result removes it. */
  addPreHook(hook: Hooks['before'][number]['hook']): () => void {
    requireFunction('registerForwardPreHook', 'the hook', hook);
    this.wrap();
    return this.#hooks.add('before', { hook });
  }

  /** Adds a hook; the result removes it. */
  addHook(hook: Hooks['after'][number]['hook']): () => void {
    requireFunction('registerForwardHook', 'the hook', hook);
    this.wrap();
    return this.#hooks.add('after', { hook });
  }

  /** Has the hooks of another module from now on, those that come later too. */
  share(other: Forwarding): void {
    this.#hooks = other.#hooks;
    this.wrap();
  }

  #call(forward: Forward, given: unknown[]): unknown {
    const module = this.#module;
    const outer = running;
    running = { module, inputs: given, outer };
    try {
      const hooks = this.#hooks.now;
      let inputs = given;
      // Nearly always there are none.
      if (hooks.before.length > 0)
        for (const { hook } of hooks.before) inputs = inputsAfter(hook(module, inputs), inputs);
      let output = watching(module, this.#hooks, () => inLayer(placeOfRunning, () => forward.apply(module, inputs)));
      if (hooks.after.length > 0)
        for (const { hook } of hooks.after) {
          const replaced: unknown = hook(module, inputs, output);
          if (replaced !== undefined) output = replaced;
        }
      if (observers.length > 0) for (const observer of observers) observer(module, given, output);
      return output;
    } catch (error) {
      // The innermost module wins.
      if (error instanceof HebbError && error.module === undefined) {
        locateRunning();
        error.inModule(placeOf(module));
      }
      throw error;
    } finally {
      running = outer;
    }
  }
}

function inputsAfter(replaced: unknown, inputs: unknown[]): unknown[] {
  if (replaced === undefined) return inputs;
  if (Array.isArray(replaced)) return replaced;
  throw new ArgumentError(
    `[registerForwardPreHook] a hook returns the list of inputs, or nothing, not ${describe(replaced)}.`,
    { hint: 'Put one input into an array, too: (module, [x]) => [x.mul(2)].' },
  );
}
