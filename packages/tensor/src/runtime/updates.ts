/** What a computation does about the variables that have got new values: programs without variables do without it. */
import type { Node } from '../graph/node.ts';
import { linearize, resolve } from '../graph/program.ts';
import type { HostArray } from './backend.ts';
import type { TensorCell } from './cell.ts';
import type { Device } from './device.ts';
import { pendingCells } from './pending.ts';
import { issue, linearizeJob, storeHost, type Job } from './run.ts';
import type { Storage } from './storage.ts';
import { endangeredBy, gradientsOfStep } from './waiting.ts';

/** A computation with updates, before it is issued. */
interface Computation {
  /** Adds what is to be computed with it. */
  readonly want: (node: Node) => void;
  readonly wanted: ReadonlyMap<Node, unknown>;
  /** All that it computes. */
  readonly inside: ReadonlySet<Node>;
  readonly anySize: boolean;
  readonly roundFrom: Node | undefined;
}

export interface Updating {
  /** The variables whose new values have to be computed; those of which the host knows them get them. */
  begin(device: Device): TensorCell[];
  /** Has what the updates would make unreadable computed with them. */
  protect(updates: readonly TensorCell[], computation: Computation): void;
  /** Computes updates whose computation together with outputs failed; forgets those that cannot be computed, so that all else can go on. */
  settle(device: Device, updates: readonly TensorCell[]): void;
}

export const updating: Updating = {
  begin(device) {
    const updates: TensorCell[] = [];
    for (const cell of pendingCells) {
      const host = hostValue(cell.pending as Node);
      if (host === undefined || cell.waitingConsumers().length > 0) updates.push(cell);
      else writeHost(device, cell, host);
    }
    return updates;
  },

  protect(updates, { want, wanted, inside, anySize, roundFrom }) {
    // What was recorded on a value that goes away, and is not part of this computation, is computed now.
    const outside = updates.flatMap((cell) => cell.waitingConsumers()).filter((node) => !inside.has(resolve(node)));
    for (const consumer of stillComputable(outside)) want(consumer);
    const leaves = updates.map((cell) => cell.leaf);
    const results = endangeredBy(leaves, new Set(wanted.keys()), inside, { anySize, roundFrom });
    for (const result of stillComputable([...results, ...gradientsOfStep()])) want(result);
  },

  settle(device, updates) {
    const job: Job = { outputs: [], updates };
    const { linearization, targets } = linearizeJob(job);
    try {
      issue(device, job, linearization, targets);
      for (const cell of updates) cell.overwritten();
    } catch {
      for (const cell of updates) cell.discardPending();
    }
  },
};

/** Those of `nodes` that do not depend on a value that is gone: the others cannot be read any more, and must not stop what can. */
export function stillComputable(nodes: readonly Node[]): readonly Node[] {
  if (nodes.length === 0) return nodes;
  const isGone = (leaf: Node): boolean =>
    leaf.storage === undefined ? leaf.cell === undefined : leaf.storage.disposed;
  if (!linearize(nodes).leaves.some(isGone)) return nodes;
  return nodes.filter((node) => !linearize([node]).leaves.some(isGone));
}

/** The host data that a cell's recorded value simply is, if it is that. */
function hostValue(pending: Node): HostArray | undefined {
  const source = resolve(pending.inputs[0] as Node);
  return source.cell === undefined ? (source.storage as Storage | undefined)?.host : undefined;
}

function writeHost(device: Device, cell: TensorCell, host: HostArray): void {
  const { storage } = cell;
  if (storage === undefined) storeHost(device, cell, host);
  else storage.write(device, host);
  cell.overwritten();
}
