/** One vitest project per package, application and tool that has a `test` folder, and one for the benchmarks; everything runs on source. */
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { alone, sharedForks } from './tools/testing/src/pool.ts';
import { ProjectByProject } from './tools/testing/src/sequence.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** A tool that is named after a package is `tools-NAME`: `npx vitest run --project tools-layers`. */
function nameOf(group: string, folder: string): string {
  return group !== 'packages' && existsSync(`${root}packages/${folder}`) ? `${group}-${folder}` : folder;
}

const projects = ['packages', 'apps', 'tools']
  .filter((group) => existsSync(`${root}${group}`))
  .flatMap((group) =>
    readdirSync(`${root}${group}`).map((folder) => ({ name: nameOf(group, folder), folder: `${group}/${folder}` })),
  )
  .concat({ name: 'benchmarks', folder: 'benchmarks' })
  .filter(({ folder }) => existsSync(`${root}${folder}/test`));

export default defineConfig({
  test: {
    // Vitest leaves one core to itself, of two the half of what there is; but it has nothing to do while tests run.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: ProjectByProject },
    tags: [alone],
    projects: projects.map(({ name, folder }) => ({
      test: {
        name,
        root: `${root}${folder}`,
        include: ['test/**/*.test.ts'],
        environment: 'node' as const,
        testTimeout: 60_000,
        hookTimeout: 60_000,
        pool: sharedForks,
        // The difference of two long lists would take gigabytes and minutes.
        diff: { truncateThreshold: 5_000 },
        isolate: false,
        setupFiles: [`${root}tools/testing/src/setup.ts`],
      },
    })),
  },
});
