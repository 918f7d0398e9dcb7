/** Typed errors. A message says what was given, what was expected, where, and what to do. */
import { deepenStack, fromCaller } from './stack.ts';

export interface ErrorDetails {
  /** One sentence on what to do about it. */
  hint?: string;
}

/**
 * Base class of every error that Hebb throws on purpose. Each class says its name itself, since minifiers rename classes.
 */
export class HebbError extends Error {
  static override readonly name: string = 'HebbError';
  hint: string | undefined;
  /** Path of the module in whose `forward` the error arose, filled in by `@hebb/layers` while it propagates. */
  module: string | undefined;
  readonly #summary: string;

  constructor(summary: string, details: ErrorDetails = {}) {
    const restore = deepenStack();
    super(summary);
    restore();
    this.name = new.target.name;
    this.#summary = summary;
    this.hint = details.hint;
    // Where somebody has set Error.prepareStackTrace, it may be anything.
    if (typeof this.stack === 'string') this.stack = fromCaller(this.stack, this.name, summary);
    this.#compose();
    this.conceal();
  }

  /**
   * Takes the fields out of what Node prints of an error: they are for programs, and the message has said them. Classes with fields of their own
   * call it when these are set.
   */
  protected conceal(): void {
    for (const name of Object.keys(this))
      if (name !== 'cause') Object.defineProperty(this, name, { enumerable: false });
  }

  /** Names the module in which the error arose; the innermost name given first wins. */
  inModule(description: string): this {
    if (this.module === undefined) {
      this.module = description;
      this.#compose();
    }
    return this;
  }

  /** Puts another hint in the place of its own: that of a caller who knows better what is to be done. */
  advise(hint: string): this {
    this.hint = hint;
    this.#compose();
    return this;
  }

  #compose(): void {
    const lines = [this.#summary];
    if (this.module !== undefined) lines.push(`  module: ${this.module}`);
    if (this.hint !== undefined) lines.push(`  hint: ${this.hint}`);
    const previous = this.message;
    this.message = lines.join('\n');
    // V8 copies the message into `stack` at construction; keep the two in step.
    if (typeof this.stack === 'string' && this.stack.includes(previous))
      this.stack = this.stack.replace(previous, () => this.message);
  }
}

/** Shapes that do not fit together. */
export class ShapeError extends HebbError {
  static override readonly name: string = 'ShapeError';
}
/** An element type that an operation does not take. */
export class DTypeError extends HebbError {
  static override readonly name: string = 'DTypeError';
}
/** A device that does not exist, is not available, or does not hold the tensor. */
export class DeviceError extends HebbError {
  static override readonly name: string = 'DeviceError';
}
/** An argument out of its range. */
export class ArgumentError extends HebbError {
  static override readonly name: string = 'ArgumentError';
}
/** A value that was needed after an in-place update or a disposal took it away, or inside a compiled function. */
export class StaleValueError extends HebbError {
  static override readonly name: string = 'StaleValueError';
}
/** A device has no more memory for what was asked. What was there before stays. */
export class OutOfMemoryError extends DeviceError {
  static override readonly name: string = 'OutOfMemoryError';
  constructor(
    summary: string,
    details: ErrorDetails = { hint: 'Use a smaller batch, or dispose() of tensors that are no longer needed.' },
  ) {
    super(summary, details);
  }
}
/** A WebGPU device refused something: a kernel that does not compile, a validation error. Rejects the next value that is read. */
export class WebgpuError extends DeviceError {
  static override readonly name: string = 'WebgpuError';
}
/** A WebGPU device is gone (driver reset, tab in the background); everything that it held is lost. */
export class DeviceLostError extends DeviceError {
  static override readonly name: string = 'DeviceLostError';
}
