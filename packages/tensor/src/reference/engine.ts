/**
 * The reference device: a slow, obvious float64 interpreter of programs, without fusion, scheduling or memory planning. It is what the
 * other devices are tested against, and never the default.
 */
import { DeviceError, OutOfMemoryError } from '../graph/errors.ts';
import { halfBits, halfValue } from '../graph/half.ts';
import { formatBytes, formatType, type TensorType } from '../graph/types.ts';
import { type Program } from '../graph/program.ts';
import type { DeviceBuffer, Executable, HostArray } from '../runtime/backend.ts';
import type { Engine } from '../runtime/engine.ts';
import { interpret } from './interpret.ts';

/** Bytes of a program's node. */
const nodeBytes = 300;

interface ReferenceBuffer extends DeviceBuffer {
  readonly data: Float64Array;
}

interface ReferenceExecutable extends Executable {
  readonly program: Program;
}

function listing({ nodes, outputs }: Program): string {
  const lines = nodes.map(
    ({ op, type, inputs }, i) => `%${i}: ${formatType(type)} = ${op}(${inputs.map((input) => `%${input}`).join(', ')})`,
  );
  const results = outputs.map(({ node, parameter }) =>
    parameter < 0 ? `return %${node}` : `parameter ${parameter} := %${node}`,
  );
  return [...lines, ...results].join('\n');
}

function makeMemory(size: number): Float64Array {
  try {
    return new Float64Array(size);
  } catch {
    throw new OutOfMemoryError(
      `The reference device cannot allocate ${formatBytes(8 * size)}: the system gives one array no more.`,
    );
  }
}

/** The numbers that elements on the host stand for. */
function numbersIn(data: HostArray): ArrayLike<number> {
  return data instanceof Uint16Array ? Float64Array.from(data, halfValue) : data;
}

export function createReferenceEngine(): Engine {
  const live = new Set<ReferenceBuffer>();
  let usedBytes = 0;

  const dataOf = (buffer: DeviceBuffer): Float64Array => {
    const own = buffer as ReferenceBuffer;
    if (!live.has(own)) throw new DeviceError('internal: a freed buffer was used on the reference device');
    return own.data;
  };

  return {
    name: 'reference',
    description: 'Float64 interpreter, for tests',
    allocate(type: TensorType): ReferenceBuffer {
      const data = makeMemory(type.size);
      const buffer = { bytes: data.byteLength, data };
      live.add(buffer);
      usedBytes += buffer.bytes;
      return buffer;
    },
    free(buffer) {
      if (live.delete(buffer as ReferenceBuffer)) usedBytes -= buffer.bytes;
    },
    write(buffer, data) {
      dataOf(buffer).set(numbersIn(data));
    },
    async read(buffer, data) {
      const numbers = dataOf(buffer).subarray(0, data.length);
      data.set(data instanceof Uint16Array ? numbers.map(halfBits) : numbers);
    },
    compile(program): ReferenceExecutable {
      return {
        program,
        kernelCount: program.nodes.filter(({ inputs }) => inputs.length > 0).length,
        bytes: nodeBytes * program.nodes.length,
        dispose: () => {},
      };
    },
    run(executable, bindings, scalars) {
      const { program } = executable as ReferenceExecutable;
      const memory = bindings.map((binding: DeviceBuffer | HostArray) =>
        ArrayBuffer.isView(binding) ? Float64Array.from(numbersIn(binding)) : dataOf(binding),
      );
      const count = program.parameters.length;
      // Copied before the first is stored, since a result may be the memory of a parameter that another result replaces.
      const results = interpret(program, memory.slice(0, count), scalars).map((data) => data.slice());
      let own = count;
      program.outputs.forEach(({ parameter }, i) => {
        const target = memory[parameter < 0 ? own++ : parameter];
        const result = results[i];
        if (target === undefined || result === undefined) throw new DeviceError('internal: an output has no buffer');
        target.set(result);
      });
    },
    async synchronize() {},
    memory: () => ({ usedBytes, pooledBytes: 0, buffers: live.size }),
    source: (executable) => listing((executable as ReferenceExecutable).program),
  };
}
