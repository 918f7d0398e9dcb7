/** The order of test files: those of a project side by side, so that they share processes, and behind them those that run alone. */
import { readFileSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { alone } from './pool.ts';

const tag = new RegExp(`@module-tag\\s+${alone.name}\\b`);

export class ProjectByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    const rank = new Map(
      sorted.map((file) => [
        file,
        2 * projects.indexOf(file.project.name) + Number(tag.test(readFileSync(file.moduleId, 'utf8'))),
      ]),
    );
    return sorted.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  }
}
