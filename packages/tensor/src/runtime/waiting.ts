/**
 * What has been recorded on variables since the last computation, in order. From it follows what an update would make unreadable: results that are
 * recorded on the old value of a variable and that no plan has computed. Everything here depends on the recording alone, never on the
 * garbage collector, so that equal steps of a loop are equal programs.
 */
import { nextWalk, type Node, type NodeCell } from '../graph/node.ts';
import type { Attributes } from '../graph/attributes.ts';
import { resolve } from '../graph/program.ts';
import { loosenConsumers } from './consumers.ts';

/** Results up to this size (losses, metrics) are computed with the update that would make them unreadable, also where nobody has asked yet. */
const resultBytes = 4096;

/** Flags in the `index` of a node while {@link endangeredBy} walks: what reads it. */
const usedWithin = 1;
const usedLater = 2;

let recorded: Node[] = [];
/** Values of variables among `recorded`. */
let assigned = new Set<Node>();
/** How many nodes there were at the last assignment: where the step ends that the updates belong to. */
let stepEnd = 0;
/** Whether something has been recorded that gradients can be taken of, and whether after the step. */
let differentiable = false;
let differentiableLater = false;

/** Gradients that variables got since the last assignment, and those that they had at it. */
const newGradients = new Map<NodeCell, Node>();
const gradients = new Map<NodeCell, Node>();

/** Tells of the gradient that a variable has from now on. */
export function noteGradient(cell: NodeCell, gradient: Node | undefined): void {
  gradients.delete(cell);
  if (gradient === undefined) newGradients.delete(cell);
  else newGradients.set(cell, gradient);
}

/** Forgets gradients that nobody has asked for: they belong to another device than the updates to come. */
export function forgetGradients(): void {
  newGradients.clear();
  gradients.clear();
}

/** Gradients that variables had when the step was recorded, and still have: whoever holds the variable may read them after it. */
export function gradientsOfStep(): Node[] {
  return [...gradients].flatMap(([cell, gradient]) => (cell.gradient === gradient ? [gradient] : []));
}

/** Tells of a recorded operation. One that reads no variable is not kept: no update concerns it. */
export function noteRecorded(node: Node): void {
  if (node.readsCell) recorded.push(node);
  if (node.differentiable) differentiable = differentiableLater = true;
}

/** Whether something has been recorded that gradients can be taken of. */
export function mayTakeGradients(): boolean {
  return differentiable;
}

/** Tells of a value recorded for a variable. */
export function noteAssigned(pending: Node): void {
  recorded.push(pending);
  assigned.add(pending);
  stepEnd = recorded.length;
  differentiableLater = false;
  for (const [cell, gradient] of newGradients) gradients.set(cell, gradient);
  newGradients.clear();
}

/**
 * What updates of `overwritten` would make unreadable although it may be wanted, given that `computed` will be there: the step's results
 * that nothing else was recorded on, up to a few KiB (of any size where they were recorded after `roundFrom`, the value of a variable that is about
 * to get another: they may belong to the new round already, new values that have not been assigned yet), and what has been recorded on after
 * the step (`anySize`: also where it is large).
 * What is computed `inside` of the plan is among them, whatever it reads: the plan runs once, and the variables that it read may change later.
 */
export function endangeredBy(
  overwritten: readonly Node[],
  computed: ReadonlySet<Node>,
  inside: ReadonlySet<Node>,
  { anySize, roundFrom }: { anySize: boolean; roundFrom: Node | undefined },
): Node[] {
  const stale = nextWalk();
  let roundBegins = roundFrom === undefined ? recorded.length : recorded.indexOf(roundFrom);
  if (roundBegins < 0) roundBegins = recorded.length;
  const ofRound = new Set<Node>();
  for (const leaf of overwritten) leaf.mark = stale;
  const candidates: Node[] = [];
  for (let position = 0; position < recorded.length; position++) {
    const node = recorded[position] as Node;
    const within = position < stepEnd;
    const use = within ? usedWithin : usedLater;
    let endangered = false;
    for (const input of node.inputs) {
      if (input.mark !== stale) continue;
      input.index |= use;
      endangered = true;
    }
    if (node.op === 'composite') {
      const { body } = node.attributes as Attributes['composite'];
      if (body.mark === stale) {
        body.index |= use;
        endangered = true;
      }
    }
    // The newest value of a variable is in memory afterwards.
    if (!within || node.cell !== undefined || node.storage !== undefined) continue;
    const value = resolve(node);
    if (computed.has(value) || (!endangered && !inside.has(value))) continue;
    node.mark = stale;
    node.index = 0;
    // Of a node with several results, those who read it are.
    if (node.type.parts !== undefined) continue;
    candidates.push(node);
    if (position > roundBegins) ofRound.add(node);
  }
  return candidates.filter((node) => {
    const small = node.type.size * 4 <= resultBytes;
    if ((node.index & usedLater) !== 0) return small || anySize;
    return (small || ofRound.has(node)) && node.index === 0 && !assigned.has(node);
  });
}

/** The keys of a map in the order of their recording; those recorded before come first. */
export function inOrder(nodes: ReadonlyMap<Node, unknown>): Node[] {
  if (nodes.size < 2) return Array.from(nodes.keys());
  const known = new Set(recorded.filter((node) => nodes.has(node)));
  return [...[...nodes.keys()].filter((node) => !known.has(node)), ...known];
}

/** Forgets what belongs to the step that has been computed; with `later`, also what was recorded after it. */
export function forgetRecorded({ later }: { later: boolean }): void {
  if (recorded.length > 0) recorded = later ? [] : recorded.slice(stepEnd);
  if (assigned.size > 0) assigned = new Set();
  gradients.clear();
  loosenConsumers(recorded.length > 0);
  stepEnd = 0;
  differentiableLater = differentiableLater && !later;
  differentiable = differentiableLater;
}
