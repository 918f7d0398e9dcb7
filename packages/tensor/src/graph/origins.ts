/**
 * Where nodes come from, for those who ask (a profile, an explanation of a plan): the layer and the line that recorded them. Nobody asks in an ordinary run, and then
 * nothing is kept.
 */

/** What is known of the recording of a node. */
export interface Origin {
  /** `classifier.1 (Linear 9216 → 128)`: the module whose `forward` recorded it; undefined outside of modules. */
  readonly layer: string | undefined;
  /** The public function that was called, as far as the stack says. */
  readonly called: string | undefined;
  /** `file:///home/ada/train.ts:12:5`: the line of the user that called it. */
  readonly line: string | undefined;
  /** Whether it is part of the gradient of what was recorded there. */
  readonly isGradient: boolean;
}

export interface OriginTracker {
  made(node: object): void;
  originOf(node: object): Origin | undefined;
  /** Runs what a module records. */
  inLayer<T>(layer: () => string, record: () => T): T;
  /** Runs what records for another node: its gradient, or the same for many examples. */
  onBehalfOf<T>(node: object, isGradient: boolean, record: () => T): T;
}

let tracker: OriginTracker | undefined;

/** The tracker that is told of nodes; undefined: nobody asks. */
export function setOriginTracker(next: OriginTracker | undefined): void {
  tracker = next;
}

export function noteOrigin(node: object): void {
  tracker?.made(node);
}

export function originOf(node: object): Origin | undefined {
  return tracker?.originOf(node);
}

/** Runs `record`, the body of a layer that says of itself what it is. */
export function inLayer<T>(layer: () => string, record: () => T): T {
  return tracker === undefined ? record() : tracker.inLayer(layer, record);
}

/** Runs `record`, which makes nodes where `node` stands: those of its gradient, or the same operation for many examples. */
export function onBehalfOf<T>(node: object, isGradient: boolean, record: () => T): T {
  return tracker === undefined ? record() : tracker.onBehalfOf(node, isGradient, record);
}
