/**
 * Cells: values that change over time (parameters, moments, running statistics). A cell's memory is updated in place by plans; reading
 * a cell always means its newest value, also one that is only recorded yet.
 */
import { checkOptions, requireBoolean, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError, StaleValueError } from '../graph/errors.ts';
import { makeLeaf, makeNode, Node, recordsBody, type NodeCell } from '../graph/node.ts';
import { linearize, resolve } from '../graph/program.ts';
import { formatType, type TensorType } from '../graph/types.ts';
import { cellOf, nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { HostArray } from './backend.ts';
import { Consumers } from './consumers.ts';
import { activeRecording, guard } from './recording.ts';
import { pendingCells } from './pending.ts';
import { flush, setUpdating } from './realize.ts';
import { disposedReason, goneStorage, overwrittenStorage, Storage } from './storage.ts';
import { updating } from './updates.ts';
import { mayTakeGradients, noteAssigned, noteGradient } from './waiting.ts';

/**
 * Where a pass amends a variable on its way: from the node that stood for its value before to the one that stands for it after. To gradients all of them are the variable.
 */
const amended = new WeakMap<Node, Node>();
/** The values of {@link amended}. */
const amendments = new WeakSet<Node>();

/** What stood for a variable's value after `node` did, as far as passes have amended it. */
export function amendmentsOf(node: Node): readonly Node[] {
  const found: Node[] = [];
  for (let next = amended.get(node); next !== undefined; next = amended.get(next)) found.push(next);
  return found;
}

/** Forward passes in one step that may update a running statistic each; more are cut. */
const passesPerStep = 8;

/** How often parameters have been frozen and unfrozen. */
let freezes = 0;

/** Guards what a recording has found trainable, of all its parameters at once: a call looks at them only where any parameter has changed. */
function guardTrainable(found: ReadonlyMap<TensorCell, boolean>): void {
  let looked = freezes;
  guard(() => {
    if (looked === freezes) return true;
    for (const [cell, trainable] of found) if (cell.trainable !== trainable) return false;
    looked = freezes;
    return true;
  });
}

export class TensorCell implements NodeCell {
  readonly requiresGrad: boolean;
  #frozen = false;
  #gradient: Node | undefined = undefined;
  /** The gradient that a compiled call has left, as long as nobody has asked for it. */
  #unread: Node | undefined = undefined;
  readonly type: TensorType;
  /** What the first use computes; undefined once there is a value. */
  initializer: Node | undefined;
  /** The leaf that stands for the value in memory. */
  leaf: Node;
  /** The recorded value that will replace it. */
  pending: Node | undefined = undefined;
  /** What waited when a recording gave the variable another value; see {@link assignInside}. */
  #outside: { readonly pending: Node | undefined } | undefined = undefined;
  /** Recorded values that were replaced before they were computed. */
  replaced = 0;
  /** Nodes that read `leaf` (or a recorded value that was itself replaced before it was computed) and may still be unrealised. */
  #consumers = new Consumers();
  /** The same for `pending`. */
  #pendingConsumers = new Consumers();

  constructor(initializer: Node, requiresGrad: boolean) {
    this.type = initializer.type;
    this.initializer = initializer;
    this.requiresGrad = requiresGrad;
    this.leaf = this.#makeLeaf();
    setUpdating(updating);
  }

  get current(): Node {
    return this.pending ?? this.leaf;
  }

  /** Inside a recording, that of the call: each call then begins with the gradient that is there, and leaves the one that was recorded. */
  get gradient(): Node | undefined {
    const gradients = activeRecording()?.gradients;
    if (gradients === undefined) {
      this.#unread = undefined;
      return this.#gradient;
    }
    const known = gradients.get(this);
    if (known !== undefined) return known.now;
    const before = guard(() => this.#gradient !== undefined) ? makeLeaf('argument', this.type) : undefined;
    gradients.set(this, { before, now: before });
    return before;
  }
  set gradient(gradient: Node | undefined) {
    const gradients = activeRecording()?.gradients;
    if (gradients === undefined) {
      this.leaveGradient(undefined);
      this.#gradient = gradient;
      noteGradient(this, gradient);
    } else gradients.set(this, { before: gradients.get(this)?.before, now: gradient });
  }

  /** The gradient as calls of compiled functions take it: not given to anybody. */
  get heldGradient(): Node | undefined {
    return this.#gradient;
  }

  /** Takes the gradient that a compiled call has left. The one before is freed now, and not when it is collected, where nobody has read it. */
  leaveGradient(gradient: Node | undefined): void {
    if (this.#unread !== undefined && this.#unread === this.#gradient)
      (this.#unread.storage as Storage).dispose(disposedReason);
    this.#gradient = gradient;
    this.#unread = gradient;
    noteGradient(this, undefined);
  }

  /** Guarded: what a recording decided by it is decided anew once it changes. */
  get trainable(): boolean {
    const recording = activeRecording();
    if (recording !== undefined && this.requiresGrad) {
      if (recording.trainable.size === 0) guardTrainable(recording.trainable);
      if (!recording.trainable.has(this)) recording.trainable.set(this, !this.#frozen);
    }
    return this.requiresGrad && !this.#frozen;
  }
  set trainable(trainable: boolean) {
    if (this.#frozen === trainable) freezes++;
    this.#frozen = !trainable;
  }

  get storage(): Storage | undefined {
    return this.leaf.storage as Storage | undefined;
  }

  consumed(value: Node, by: Node): void {
    if (activeRecording() !== undefined) return;
    (value === this.leaf ? this.#consumers : this.#pendingConsumers).add(by);
  }

  /** Whether any node has ever read the value in memory. */
  get isRead(): boolean {
    return this.#consumers.any;
  }

  /** Nodes that need the value in memory and have never been part of a plan. */
  waitingConsumers(): readonly Node[] {
    return this.#consumers.waiting();
  }

  /**
   * Takes `value` for what the variable begins with, and says whether it did: where nobody has read the variable yet and the value is known to the
   * host or depends on no memory. Nothing waits then, so that a model which is dropped unread is never computed.
   */
  beginWith(value: Node): boolean {
    if (this.initializer === undefined || this.storage !== undefined || this.pending !== undefined) return false;
    if (this.#consumers.any || value.readsCell) return false;
    const { host } = (resolve(value).storage as Storage | undefined) ?? {};
    // Whose tensor that is may dispose of it.
    if (host !== undefined) this.initializer = leafOf(value.type, host);
    else if (linearize([value]).leaves.length === 0) this.initializer = value;
    else return false;
    return true;
  }

  /** Records a new value. */
  assign(pending: Node): void {
    if (this.pending !== undefined) {
      this.replaced++;
      this.pending.cell = undefined;
      this.#consumers.take(this.#pendingConsumers);
      this.#pendingConsumers = new Consumers();
    }
    pending.cell = this;
    this.pending = pending;
  }

  /** Gives the variable a value inside a recording, until {@link leaveRecording}. */
  assignInside(pending: Node): void {
    this.#outside ??= { pending: this.pending };
    if (this.pending !== undefined) this.pending.cell = undefined;
    pending.cell = this;
    this.pending = pending;
  }

  /** Forgets what a recording assigned: the value that waited before waits again. */
  leaveRecording(): void {
    if (this.pending !== undefined) this.pending.cell = undefined;
    this.pending = this.#outside?.pending;
    if (this.pending !== undefined) this.pending.cell = this;
    this.#outside = undefined;
  }

  /** Forgets the recorded value, of one that could not be computed. */
  discardPending(): void {
    pendingCells.delete(this);
    if (this.pending !== undefined) this.pending.cell = undefined;
    this.pending = undefined;
    this.replaced = 0;
  }

  /** Called when the value in memory has been replaced: what was recorded on the old value must not read the new one. */
  overwritten(): void {
    const { storage, pending, leaf } = this;
    pendingCells.delete(this);
    this.pending = undefined;
    this.replaced = 0;
    if (pending === undefined && !this.#consumers.any) return;
    leaf.storage = overwrittenStorage();
    leaf.cell = undefined;
    if (pending === undefined) this.leaf = this.#makeLeaf();
    else {
      // What was recorded on the new value reads it from memory from now on.
      pending.inputs = [];
      this.leaf = pending;
    }
    this.leaf.storage = storage;
    this.#consumers = this.#pendingConsumers;
    this.#pendingConsumers = new Consumers();
  }

  /**
   * Ends the variable: its recorded value is forgotten, reading it and assigning to it are errors. What comes back is the memory to free.
   * Where there has never been any, what was recorded on the variable can still be computed, from the initial value.
   */
  end(reason: string): Storage | undefined {
    this.discardPending();
    const { leaf, storage, initializer } = this;
    if (storage?.disposed === true) return undefined;
    leaf.cell = undefined;
    if (storage === undefined && initializer !== undefined) {
      const heir = new TensorCell(initializer, this.requiresGrad);
      heir.#frozen = this.#frozen;
      heir.leaf = leaf;
      leaf.cell = heir;
    }
    this.initializer = undefined;
    this.leaveGradient(undefined);
    this.#consumers = new Consumers();
    this.#pendingConsumers = new Consumers();
    this.leaf = makeLeaf('buffer', this.type, { requiresGrad: this.requiresGrad });
    this.leaf.storage = goneStorage(reason);
    return storage;
  }

  #makeLeaf(): Node {
    const leaf = makeLeaf('buffer', this.type, { requiresGrad: this.requiresGrad });
    leaf.cell = this;
    return leaf;
  }
}

/** A leaf of its own for what the host knows. */
function leafOf(type: TensorType, host: HostArray): Node {
  const leaf = makeLeaf('buffer', type);
  leaf.storage = new Storage(host);
  return leaf;
}

/**
 * Whether the updates that wait are a step of their own when `cell` is assigned to once more. State that forward passes update on their way
 * (running statistics) may be assigned to several times before gradients are taken: a cut between would compute the passes twice.
 */
function endsStep(cell: TensorCell): boolean {
  if (cell.replaced >= passesPerStep || !mayTakeGradients()) return true;
  for (const { requiresGrad, pending } of pendingCells)
    if (requiresGrad && !(pending !== undefined && amendments.has(pending))) return true;
  return false;
}

export interface AssignOptions {
  /**
   * Whether the new value belongs to the pass that reads the variable (a table whose rows are shortened when they are looked up): gradients with respect to the variable then count
   * what was read before and what is read after. Default false: gradients are those of what it was when the function began.
   */
  amends?: boolean;
}

const assignOptions: OptionNames<AssignOptions> = { amends: requireBoolean };

export interface VariableOptions {
  /** Whether gradients are taken with respect to it: true makes it a parameter. Default false. See also {@link Tensor.trainable}. */
  requiresGrad?: boolean;
}

const variableOptions: OptionNames<VariableOptions> = { requiresGrad: true };

/**
 * A tensor whose value can be replaced with {@link assign}: a parameter or other state, in the shape and dtype of
 * `initial`. It is computed from `initial` at its first use, on the device.
 *
 * ```ts
 * const count = variable(tensor(0));
 * assign(count, count.add(1));
 * await count.item(); // 1
 * ```
 */
export function variable(initial: Tensor, options: VariableOptions = {}): Tensor {
  requireTensor('variable', 'the initial value', initial);
  checkOptions('variable', options, variableOptions);
  const { requiresGrad = false } = options;
  requireBoolean('variable', 'requiresGrad', requiresGrad);
  const node = nodeOf(initial);
  if (node.local) {
    throw new ArgumentError(
      `[variable] the initial value ${initial} was recorded inside the body of a loop and has no value outside of it.`,
      { hint: 'Make the variable before the loop.' },
    );
  }
  // Another variable's value is read through a node of its own, which is computed before that variable changes.
  const cell = new TensorCell(node.cell === undefined ? node : makeNode('detach', [node], {}), requiresGrad);
  return tensorOf(cell.leaf, cell);
}

/**
 * Records that `target`, made by {@link variable}, has the value of `value` from here on. Takes effect in memory with
 * the next values that are read, or inside a compiled function at each of its calls. No gradient flows through it.
 *
 * Throws {@link ShapeError} where `target` is no variable or the shapes differ, {@link DTypeError} where the dtypes do,
 * {@link StaleValueError} where `target` was disposed of.
 *
 * @param options - `amends`: whether the value belongs to the pass that reads the variable. Default false.
 *
 * ```ts
 * const a = variable(tensor([1, 2]));
 * const b = variable(tensor([3, 4]));
 * const old = a.add(0); // what is recorded on a value means that value
 * assign(a, b);
 * assign(b, old);
 * await b.toArray(); // [1, 2]
 * ```
 */
export function assign(target: Tensor, value: Tensor, options: AssignOptions = {}): void {
  requireTensor('assign', 'the target', target);
  requireTensor('assign', 'the value', value);
  checkOptions('assign', options, assignOptions);
  const cell = cellOf(target);
  if (cell === undefined) {
    throw new ShapeError(
      `[assign] ${target} is not a variable; only tensors made by variable() can be assigned to.`,
      nodeOf(target).op === 'argument'
        ? { hint: 'In a compiled function an argument is its value: refer to the variable instead of taking it.' }
        : {},
    );
  }
  if (cell.storage?.disposed === true) {
    throw new StaleValueError(`[assign] the variable ${target} cannot take a value any more: it was disposed.`, {
      hint: 'Make a new variable, or dispose of it after the last assignment.',
    });
  }
  if (recordsBody()) {
    throw new ArgumentError(
      '[assign] inside the body of a loop nothing can be assigned to: the body is recorded once.',
      {
        hint: 'Hand the new value on as carry, and assign it after the loop.',
      },
    );
  }
  const node = nodeOf(value);
  if (node.type !== cell.type) {
    const Kind = node.type.dtype === cell.type.dtype ? ShapeError : DTypeError;
    throw new Kind(`[assign] a variable of ${formatType(cell.type)} cannot take the value ${formatType(node.type)}.`);
  }
  if (node.local) {
    throw new ArgumentError('[assign] inside of vmap no variable can be assigned what depends on one example.', {
      hint: 'Return the value, and assign outside what is to be kept of all.',
    });
  }
  const capture = activeRecording();
  if (capture === undefined && options.amends !== true && cell.beginWith(node)) return;
  // A loop comes round: what has been recorded up to here is a step, and is found again as one in the next round.
  if (capture === undefined && cell.pending !== undefined && endsStep(cell)) flush([], cell.pending);
  const pending = new Node('detach', [node], {}, node.type, cell.requiresGrad) as unknown as Node;
  node.cell?.consumed(node, pending);
  if (options.amends === true) {
    amended.set(cell.current, pending);
    amendments.add(pending);
  }
  if (capture === undefined) {
    pendingCells.add(cell);
    noteAssigned(pending);
    cell.assign(pending);
  } else {
    capture.assigned.add(cell);
    cell.assignInside(pending);
  }
}
