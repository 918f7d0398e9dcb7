/** What a page and the worker of its device tell one another, as structured clones carry it. */
import { DeviceError, HebbError, OutOfMemoryError } from '../graph/errors.ts';
import type { PlanAttributes, Program, ProgramNode } from '../graph/program.ts';
import { tensorType, tupleType, type DType, type TensorType } from '../graph/types.ts';
import type { BackendMemory, HostArray } from '../runtime/backend.ts';

/** A type by its dtype and shape, or by the positions of its parts among the types before it. */
type PackedType = readonly [dtype: DType, shape: readonly number[]] | readonly number[];

/** A program whose types are positions in a list: of a type there is one object alone in each realm, which a clone is not. */
export interface PackedProgram extends Omit<Program, 'nodes'> {
  readonly types: readonly PackedType[];
  readonly nodes: readonly PackedNode[];
}

interface PackedNode extends Omit<ProgramNode, 'type' | 'attributes'> {
  readonly type: number;
  readonly attributes: object;
}

/** To the worker, in order. Buffers and executables have numbers, which the page gives. */
export type Order =
  /** `life` is the name of a lock that the worker holds for as long as it lives. */
  | { readonly kind: 'start'; readonly threads: number; readonly life: string }
  | { readonly kind: 'allocate'; readonly buffer: number; readonly dtype: DType; readonly shape: readonly number[] }
  | { readonly kind: 'free'; readonly buffer: number }
  | { readonly kind: 'write'; readonly buffer: number; readonly data: HostArray }
  | { readonly kind: 'compile'; readonly executable: number; readonly program: PackedProgram }
  | {
      readonly kind: 'run';
      readonly executable: number;
      readonly bindings: readonly (number | HostArray)[];
      readonly scalars: readonly number[];
    }
  | { readonly kind: 'dispose'; readonly executable: number }
  /** What is asked for has a number, which its answer repeats. */
  | { readonly kind: 'read'; readonly request: number; readonly buffer: number; readonly length: number }
  | { readonly kind: 'threads'; readonly request: number; readonly threads: number }
  | { readonly kind: 'synchronize'; readonly request: number };

/** From the worker. Each says what the device has by then. */
export type Answer = { readonly memory: BackendMemory; readonly description: string } &
  /** `holds`: whether it holds the lock. */
  (
    | { readonly kind: 'started'; readonly holds: boolean }
    | { readonly kind: 'compiled'; readonly executable: number; readonly kernelCount: number; readonly bytes: number }
    | { readonly kind: 'done'; readonly request: number; readonly data?: HostArray | undefined }
    /** Without a request: it could not start. */
    | { readonly kind: 'failed'; readonly request: number | undefined; readonly error: PackedError }
  );

export interface PackedError {
  readonly name: string;
  readonly summary: string;
  readonly hint: string | undefined;
}

/** One end of what carries messages: a worker, its own scope, a port. */
export interface Line {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** The locks of an origin, as far as they are used here: nothing else tells a page of a worker that was terminated. Absent where a context is not secure. */
export interface Locks {
  request(name: string, held: () => unknown): Promise<unknown>;
}

export function packProgram(program: Program): PackedProgram {
  const types: PackedType[] = [];
  const positions = new Map<TensorType, number>();
  const positionOf = (type: TensorType): number => {
    const known = positions.get(type);
    if (known !== undefined) return known;
    const packed: PackedType = type.parts?.map(positionOf) ?? [type.dtype, type.shape];
    positions.set(type, types.length);
    return types.push(packed) - 1;
  };
  const nodes = program.nodes.map((node): PackedNode => {
    const { type, body, ...attributes } = node.attributes as Partial<PlanAttributes['scan']>;
    const loop = body && { type: positionOf(type as TensorType), body: packProgram(body) };
    return { ...node, type: positionOf(node.type), attributes: { ...attributes, ...loop } };
  });
  return { ...program, types, nodes };
}

export function unpackProgram({ types: packed, ...program }: PackedProgram): Program {
  const types: TensorType[] = [];
  const typeAt = (position: number): TensorType => {
    const type = types[position];
    if (type === undefined) throw new HebbError('internal: a program without one of its types');
    return type;
  };
  for (const each of packed) {
    const [dtype, shape] = each;
    types.push(
      typeof dtype === 'string'
        ? tensorType(dtype, shape as readonly number[])
        : tupleType((each as number[]).map(typeAt)),
    );
  }
  const nodes = program.nodes.map((node): ProgramNode => {
    const { type, body, ...attributes } = node.attributes as { type?: number; body?: PackedProgram };
    const loop = body && { type: typeAt(type as number), body: unpackProgram(body) };
    return { ...node, type: typeAt(node.type), attributes: { ...attributes, ...loop } };
  });
  return { ...program, nodes };
}

const beforeHint = '\n  hint: ';

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { name: 'DeviceError', summary: String(error), hint: undefined };
  const [summary = '', hint] = error.message.split(beforeHint);
  return { name: error.name, summary: error instanceof HebbError ? summary : String(error), hint };
}

export function unpackError({ name, summary, hint }: PackedError): DeviceError {
  const details = hint === undefined ? {} : { hint };
  return name === 'OutOfMemoryError' ? new OutOfMemoryError(summary, details) : new DeviceError(summary, details);
}
