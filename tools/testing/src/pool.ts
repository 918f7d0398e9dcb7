/**
 * Test files one after the other in one process, so that what they import is loaded, compiled and optimised once, and devices start once: half of
 * the work of all tests. Each begins where the file before began ({@link file://./setup.ts}).
 * A file that cannot share a process says so with `@module-tag alone` and a reason in its first comment: one that mocks modules, or
 * measures the memory of the whole process.
 */
import { ForksPoolWorker, type PoolOptions, type PoolRunnerInitializer, type WorkerRequest } from 'vitest/node';

type Run = Extract<WorkerRequest, { type: 'run' }>['context'];

/** The tag of files that `npm test` leaves out (tools/setup/long-tests.mjs). Vitest asks for the declaration of tags. */
export const long = { name: 'long', description: 'runs in CI, and by npm test -- --long' };

/** The tag of files that want a process of their own. */
export const alone = { name: 'alone', description: 'runs in a process of its own' };

const isAlone = ({ files }: Run): boolean => files.some(({ fileTags }) => fileTags?.includes(alone.name));

/** After so many files a process makes room: the memory of WebAssembly never shrinks, and after 150 files a process held 6 GB. */
const filesOfProcess = 60;

class SharedFork extends ForksPoolWorker {
  override readonly name = 'shared-forks';
  #files = 0;

  override send(message: WorkerRequest): void {
    if (message.type === 'run') this.#files += isAlone(message.context) ? filesOfProcess : 1;
    super.send(message);
  }

  /** Whether the next file may run here. */
  canReuse({ context }: { readonly context: Run }): boolean {
    return this.#files < filesOfProcess && !(this.#files > 0 && isAlone(context));
  }
}

/** For `pool` in vitest's configuration, with `isolate: false`. */
export const sharedForks: PoolRunnerInitializer = {
  name: 'shared-forks',
  createPoolWorker: (options: PoolOptions) => new SharedFork(options),
};
