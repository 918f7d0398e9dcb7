/** The order of test files: those that share processes, the longest of the last run first, and behind them those that run alone. */
import { readFileSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { alone } from './pool.ts';

const tag = new RegExp(`@module-tag\\s+${alone.name}\\b`);

export class AloneLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isAlone = new Map(sorted.map((file) => [file, tag.test(readFileSync(file.moduleId, 'utf8'))]));
    return sorted.sort((a, b) => Number(isAlone.get(a)) - Number(isAlone.get(b)));
  }
}
