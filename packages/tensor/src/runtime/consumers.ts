/** Who reads the value of a cell: nodes that an update may have to compute first. */
import type { Node } from '../graph/node.ts';
import { resolve } from '../graph/program.ts';

const none: readonly Node[] = [];

/** Readers that have been added since the last computation. */
let recent: Consumers[] = [];

/**
 * Nodes that read one value of a cell directly and may still be unrealised. Up to the next computation they are held, as all that is recorded is
 * (`waiting.ts`), and nearly always that computes them; only what still waits after it is held weakly. (A weak reference costs more than
 * recording the node: for each read of a variable there would be one.)
 */
export class Consumers {
  /** Whether there have ever been any. */
  any = false;
  #recent: Node[] = [];
  /** What still waits after the computation of a step: mostly the beginning of the next one, which is computed with it. */
  #ofNextStep: Node[] = [];
  #earlier: WeakRef<Node>[] = [];

  add(node: Node): void {
    if (this.#recent.length === 0 && this.#ofNextStep.length === 0) recent.push(this);
    this.any = true;
    this.#recent.push(node);
  }

  /** Those that no plan has computed yet and that somebody may still ask for. */
  waiting(): readonly Node[] {
    if (!this.any) return none;
    const earlier = this.#earlier.map((reference) => reference.deref());
    return [...earlier, ...this.#ofNextStep, ...this.#recent].filter(isWaiting);
  }

  /** Adds those of another list. */
  take(others: Consumers): void {
    if (!others.any) return;
    this.#earlier.push(...others.#earlier);
    for (const node of [...others.#ofNextStep, ...others.#recent]) this.add(node);
    this.any = true;
  }

  /** Called after a computation: drops what is done, and the dead before the list grows. Returns whether it still holds something. */
  loosen(stepGoesOn: boolean): boolean {
    if (this.#earlier.length >= 64) this.#earlier = this.#earlier.filter((reference) => isWaiting(reference.deref()));
    for (const node of this.#ofNextStep) if (isWaiting(node)) this.#earlier.push(new WeakRef(node));
    this.#ofNextStep = this.#recent.filter(isWaiting);
    this.#recent = [];
    if (stepGoesOn) return this.#ofNextStep.length > 0;
    for (const node of this.#ofNextStep) this.#earlier.push(new WeakRef(node));
    this.#ofNextStep = [];
    return false;
  }
}

function isWaiting(node: Node | undefined): node is Node {
  if (node === undefined || node.storage !== undefined) return false;
  const computed = resolve(node);
  return !computed.planned && computed.storage === undefined;
}

/** Ends the hold on what has been recorded up to here; where a step has begun, on what was recorded up to the computation before. */
export function loosenConsumers(stepGoesOn: boolean): void {
  if (recent.length > 0) recent = recent.filter((consumers) => consumers.loosen(stepGoesOn));
}
