/** Typed errors. A message says what was given, what was expected, where, and what to do. */

export interface ErrorDetails {
  /** One sentence on what to do about it. */
  hint?: string;
}

/** `…/packages/` in this repository, `…/node_modules/@hebb/` where installed. */
const family: string = new URL('../../../', import.meta.url).href;
const ownFrame = new RegExp([family, family.replace('file://', '')].map(escapePattern).join('|'));

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The stack without the frames inside Hebb that come first, so that it begins on the line that called. */
function fromCaller(stack: string): string {
  const lines = stack.split('\n');
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  if (first < 0) return stack;
  const isOwn = (line: string): boolean => ownFrame.test(line) && /\/(?:src|dist)\//.test(line.replace(ownFrame, ''));
  const caller = lines.findIndex((line, i) => i >= first && !isOwn(line));
  return caller < 0 ? stack : [...lines.slice(0, first), ...lines.slice(caller)].join('\n');
}

/** Base class of every error that Hebb throws on purpose. */
export class HebbError extends Error {
  readonly hint: string | undefined;
  /** Path of the module in whose `forward` the error arose, filled in by `@hebb/layers` while it propagates. */
  module: string | undefined;
  readonly #summary: string;

  constructor(summary: string, details: ErrorDetails = {}) {
    super(summary);
    this.name = new.target.name;
    this.#summary = summary;
    this.hint = details.hint;
    if (this.stack !== undefined) this.stack = fromCaller(this.stack);
    this.#compose();
  }

  /** Names the module in which the error arose; the innermost name given first wins. */
  inModule(description: string): this {
    if (this.module === undefined) {
      this.module = description;
      this.#compose();
    }
    return this;
  }

  #compose(): void {
    const lines = [this.#summary];
    if (this.module !== undefined) lines.push(`  module: ${this.module}`);
    if (this.hint !== undefined) lines.push(`  hint: ${this.hint}`);
    const previous = this.message;
    this.message = lines.join('\n');
    // V8 copies the message into `stack` at construction; keep the two in step.
    if (this.stack?.includes(previous) === true) this.stack = this.stack.replace(previous, () => this.message);
  }
}

/** Shapes that do not fit together. */
export class ShapeError extends HebbError {}
/** An element type that an operation does not take. */
export class DTypeError extends HebbError {}
/** A device that does not exist, is not available, or does not hold the tensor. */
export class DeviceError extends HebbError {}
/** An argument out of its range. */
export class ArgumentError extends HebbError {}
/** A value that was needed after an in-place update or a disposal took it away, or inside a compiled function. */
export class StaleValueError extends HebbError {}
