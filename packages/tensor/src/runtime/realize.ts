/** From recorded nodes to values: one plan for everything that is asked for and all pending updates of cells. */
import { mapStructure, type Structure } from '../arguments/index.ts';
import { StaleValueError } from '../graph/errors.ts';
import { makeLeaf, setRecorder, type Node } from '../graph/node.ts';
import { resolve } from '../graph/program.ts';
import { cellOf, nodeOf, replaceNode, requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { HostArray } from './backend.ts';
import type { TensorCell } from './cell.ts';
import { chooseDevice, currentDevice, type Device, type DeviceName, type DeviceOptions } from './device.ts';
import { breath } from './event-loop.ts';
import { dataOf, makeHostArray, type TensorData } from './host-array.ts';
import { pendingCells } from './pending.ts';
import { activeRecording } from './recording.ts';
import { initializeCells, issue, linearizeJob, type Job } from './run.ts';
import { disposedReason, goneStorage, type Storage } from './storage.ts';
import type { Updating } from './updates.ts';
import { forgetGradients, forgetRecorded, inOrder, noteRecorded } from './waiting.ts';

/** Values up to this size stay on the host once they have been read, so that a loss per step leaves nothing on the device. */
const demotionBytes = 4096;
/** Recorded nodes after which a computation starts by itself, so that a loop that reads nothing does not grow without bound. */
const recordingLimit = 50_000;

let recordedNodes = 0;

// Outside of recordings.
setRecorder({
  created(node) {
    noteRecorded(node);
    if (++recordedNodes >= recordingLimit) {
      recordedNodes = 0;
      flush([node]);
      forgetRecorded({ later: true });
    }
  },
});

let updating: Updating | undefined;

/** Called with the first variable of a program. */
export function setUpdating(methods: Updating): void {
  updating = methods;
}

/** What was disposed of while updates were waiting that may still read it. */
const doomed: Storage[] = [];

/**
 * Starts the computation of `roots` and of all pending cell updates. `roundFrom` is the pending value of a variable that is about to get another
 * one: what was recorded after it may belong to a new round.
 */
export function flush(roots: readonly Node[], roundFrom?: Node): void {
  compute(roots, roundFrom);
  if (doomed.length > 0) for (const storage of doomed.splice(0)) storage.dispose(disposedReason);
}

const isComputed = ({ storage }: Node): boolean => storage !== undefined;

function compute(roots: readonly Node[], roundFrom: Node | undefined): void {
  const device = currentDevice();
  if (pendingCells.size === 0 && roots.every(isComputed)) return;
  /** Every node to compute, with the handles (composites among them) that stand for it. */
  const wanted = new Map<Node, Node[]>();
  for (const root of roots) want(device, root, wanted);

  const updates = pendingCells.size === 0 ? [] : (updating?.begin(device) ?? []);
  if (wanted.size === 0 && updates.length === 0) return;
  recordedNodes = 0;

  let job: Job = { outputs: inOrder(wanted), updates };
  let { linearization, targets } = linearizeJob(job);
  if (updates.length > 0) {
    const asked = wanted.size;
    const inside = new Set(linearization.nodes);
    updating?.protect(updates, {
      want: (node) => want(device, node, wanted),
      wanted,
      inside,
      anySize: roots.length === 0,
      roundFrom,
    });
    if (wanted.size > asked) {
      job = { outputs: inOrder(wanted), updates };
      ({ linearization, targets } = linearizeJob(job));
    }
  }
  let storages: Storage[];
  try {
    storages = issue(device, job, linearization, targets);
  } catch (error) {
    if (updates.length > 0) updating?.settle(device, updates);
    throw error;
  } finally {
    forgetRecorded({ later: updates.length === 0 });
  }
  job.outputs.forEach((node, i) => {
    const storage = storages[i] as Storage;
    settle(node, storage);
    for (const handle of wanted.get(node) ?? []) if (handle !== node) settle(handle, storage);
  });
  for (const cell of updates) cell.overwritten();
}

/** Adds a node to what is to be computed, unless its value is known or comes with the pending updates. */
function want(device: Device, node: Node, wanted: Map<Node, Node[]>): void {
  if (node.storage !== undefined || pendingCells.has(node.cell as TensorCell)) return;
  const computed = resolve(node);
  if (computed.storage !== undefined) node.storage = computed.storage;
  else if (computed.cell !== undefined) initializeCells(device, [computed]);
  else {
    const handles = wanted.get(computed);
    if (handles === undefined) wanted.set(computed, [node]);
    else handles.push(node);
  }
}

const noInputs: readonly Node[] = [];

/** Lets a node that has been computed stand for its value alone. */
function settle(node: Node, storage: Storage): void {
  node.storage = storage;
  if (!node.differentiable) node.inputs = noInputs;
}

/**
 * Starts the computation of several tensors, together with pending updates of variables, in one plan. Resolves when
 * they have been computed. Takes tensors, also in arrays, plain objects and Maps.
 *
 * Throws {@link StaleValueError} inside a compiled function and for values that are gone, {@link DeviceError} where the
 * device is not available, {@link ArgumentError} for what is no tensor.
 *
 * ```ts
 * const x = rand([100, 100]);
 * const [total, largest] = [x.sum(), x.max()];
 * await realize(total, largest);
 * ```
 */
export async function realize(...tensors: Structure<Tensor>[]): Promise<void> {
  const nodes: Node[] = [];
  const leaf = (value: unknown, path: string): void => {
    requireTensor('realize', path, value);
    nodes.push(nodeOf(value));
  };
  tensors.forEach((value, i) => mapStructure(value, { op: 'realize', name: `argument ${i}`, leaf }));
  refuseInCapture('realize');
  const device = currentDevice();
  flush(nodes);
  const storages = nodes.map((node) => node.storage as Storage | undefined);
  for (const storage of storages) storage?.requireAlive();
  await device.synchronize();
  for (const storage of storages) storage?.requireComputed();
}

/** The elements of a tensor, computed if need be. */
export async function readTensor(tensor: Tensor): Promise<TensorData> {
  refuseInCapture('data');
  flush([nodeOf(tensor)]);
  const { type, cell, storage: computed } = nodeOf(tensor);
  const storage = computed as Storage | undefined;
  if (storage === undefined) throw new StaleValueError('internal: a computed tensor without memory');
  storage.requireAlive();
  let host: HostArray | undefined = storage.host?.slice();
  if (host === undefined) {
    const device = storage.device ?? currentDevice();
    const target = makeHostArray(type.dtype, type.size);
    const buffer = storage.buffer();
    // Issued now, so that an update recorded while the caller waits cannot come first.
    const arriving = device.request((engine) => (type.size > 0 ? engine.read(buffer.bound(), target) : undefined));
    if (arriving !== undefined) await arriving;
    host = target;
    // A variable's memory is its own, also where another value has taken its place meanwhile.
    if (cell === undefined && !storage.disposed && host.byteLength <= demotionBytes) storage.demote(host.slice());
  }
  const turn = breath();
  if (turn !== undefined) await turn;
  return dataOf(type.dtype, host);
}

/**
 * Frees the memory of a tensor: now, or after the updates of other variables recorded so far, which may read it. Of a value that has not
 * been computed there is nothing to free: the tensor ends, and what was recorded on it can still be computed. A variable ends for all who
 * hold it.
 */
export function disposeTensor(tensor: Tensor): void {
  const variable = cellOf(tensor);
  if (variable !== undefined) {
    refuseInCapture('dispose', 'a variable cannot be disposed of', 'Dispose of it outside.');
    const storage = variable.end(disposedReason);
    if (storage !== undefined) freeLater(storage);
    return;
  }
  const { type, cell, storage } = nodeOf(tensor);
  if (cell === undefined && storage !== undefined && pendingCells.size === 0) {
    (storage as Storage).dispose(disposedReason);
    return;
  }
  // Of a variable's value under another name only the name ends.
  if (cell === undefined && storage !== undefined) freeLater(storage as Storage);
  const end = makeLeaf('buffer', type);
  end.storage = goneStorage(disposedReason);
  replaceNode(tensor, end);
}

function freeLater(storage: Storage): void {
  if (pendingCells.size === 0) storage.dispose(disposedReason);
  else doomed.push(storage);
}

function refuseInCapture(
  method: string,
  what = 'a value cannot be read',
  hint = 'Return the tensor from the compiled function and read it outside.',
): void {
  if (activeRecording() === undefined) return;
  throw new StaleValueError(
    `[${method}] ${what} inside a compiled function: it only records what is computed at each call.`,
    { hint },
  );
}

/**
 * Chooses the device for everything computed from now on: 'webgpu' (also a software adapter), 'wasm', 'reference' (the
 * float64 interpreter, slow), or 'auto', the default: WebGPU where a hardware adapter answers, else WebAssembly.
 * Updates recorded so far are computed on the old one.
 *
 * Threads may share the work on WebAssembly, by `setDevice('wasm', { threads: 2 })` or HEBB_THREADS=2 ({@link DeviceOptions}). A device that has started with one thread keeps to it; one that has several may get more or fewer.
 *
 * Throws {@link DeviceError} for an unknown name, and for more threads where the device has started with one; {@link ArgumentError} for options that the device does not have. That
 * WebGPU is not available shows at the first value read, or at `await device.ready()`.
 *
 * ```ts
 * setDevice('wasm');
 * device.name; // 'wasm'
 * ```
 */
export function setDevice(name: DeviceName, options?: DeviceOptions): void {
  if (pendingCells.size > 0) flush([]);
  if (chooseDevice(name, options)) forgetGradients();
}
