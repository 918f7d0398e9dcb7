/** The engine of a backend that runs plans: programs come in, the compiler makes plans of them. */
import type { Backend } from '../runtime/backend.ts';
import type { Engine } from '../runtime/engine.ts';
import { compileProgram } from './compile.ts';
import { withoutNone, type Without } from './optimisations.ts';

/** Runs programs through the compiler on a backend. `without` says what the compiler leaves out; `observer` loads what looks into plans. */
export function compilingEngine(
  backend: Backend,
  without: Without = withoutNone,
  observer?: Engine['observer'],
): Engine {
  return {
    name: backend.name,
    get description() {
      return without.size === 0 ? backend.description : `${backend.description}, without ${[...without].join(', ')}`;
    },
    allocate: ({ dtype, size }) => backend.allocate(Math.max(size, 1) * backend.elementBytes[dtype]),
    free: (buffer) => backend.free(buffer),
    write: (buffer, data) => backend.write(buffer, data),
    read: (buffer, data) => backend.read(buffer, data),
    compile: (program) => backend.compile(compileProgram(program, undefined, without)),
    run: (executable, bindings, scalars) => backend.run(executable, bindings, scalars),
    synchronize: () => backend.synchronize(),
    memory: () => backend.memory(),
    setThreads: (threads) => backend.setThreads?.(threads),
    ...(observer && { observer }),
    source: (executable) => backend.source(executable),
  };
}
