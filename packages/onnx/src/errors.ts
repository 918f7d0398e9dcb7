/** What can go wrong on the way into an ONNX file and back out of a runtime. */
import { HebbError, type ErrorDetails } from '@hebb/tensor';

export interface OnnxExportDetails extends ErrorDetails {
  /** The operation that has no place in the file. */
  op?: string;
}

/** A model that cannot be written as an ONNX file, with the operation that stands in the way. */
export class OnnxExportError extends HebbError {
  static override readonly name: string = 'OnnxExportError';
  readonly op: string | undefined;

  constructor(summary: string, details: OnnxExportDetails = {}) {
    super(summary, details);
    this.op = details.op;
    this.conceal();
  }
}

/** What to do where a free size cannot stay free as it is. */
export const sizeHints = {
  expression: 'Give the input a fixed size, or write the computation with sizes that follow from the inputs.',
  graph: 'A file holds one graph: do not branch on a size that is to stay free, or give the input a fixed size.',
} as const;

/** onnxruntime is not installed, or refuses a file or its inputs. */
export class OnnxRuntimeError extends HebbError {
  static override readonly name: string = 'OnnxRuntimeError';
}

/** A file that cannot be written. */
export class OnnxFileError extends HebbError {
  static override readonly name: string = 'OnnxFileError';
  readonly path: string;

  constructor(path: string, summary: string, details: ErrorDetails = {}) {
    super(summary, details);
    this.path = path;
    this.conceal();
  }
}

/** Bytes that are no ONNX file, with the place where that shows. */
export class OnnxParseError extends HebbError {
  static override readonly name: string = 'OnnxParseError';
  /** Bytes before the place. */
  readonly offset: number;

  constructor(offset: number, summary: string, details: ErrorDetails = {}) {
    super(summary, details);
    this.offset = offset;
    this.conceal();
  }
}
