/**
 * All tests of packages, applications, tools and benchmarks in one vitest project, on source: with a project for each folder every one of them would
 * transform and load the tensor core anew, which took as long as the tests of some packages.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { alone, long, sharedForks } from './tools/testing/src/pool.ts';
import { AloneLast } from './tools/testing/src/sequence.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  test: {
    root,
    include: ['{packages,apps,tools}/*/test/**/*.test.ts', 'benchmarks/test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one core to itself, of two the half of what there is; but it has nothing to do while tests run.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: AloneLast },
    tags: [alone, long],
    pool: sharedForks,
    isolate: false,
    // The difference of two long lists would take gigabytes and minutes.
    diff: { truncateThreshold: 5_000 },
    setupFiles: [`${root}tools/testing/src/setup.ts`],
  },
});
