/** One test for each example in a package's README and in the docstrings of its sources. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from './examples.ts';
import { withImports } from './imports.ts';

/**
 * Declares the tests; `root` is the package's folder, `modules` is what its examples may import.
 *
 * @param sources whose examples stand alone; default: all
 */
export function testExamples(
  root: URL,
  modules: Readonly<Record<string, object>>,
  sources: readonly string[] = sourcesOf(root),
): void {
  const folder = fileURLToPath(root);
  const files = [`${folder}README.md`, ...sources.map((name) => `${folder}src/${name}`)];
  it.each(files.flatMap((path) => examplesOf(path)))('the example of $name does what it says', async (example) => {
    for (const { line, actual, expected, rounded } of await runExample(withImports(example, modules), modules)) {
      expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
    }
  });
}

function sourcesOf(root: URL): string[] {
  return readdirSync(fileURLToPath(new URL('src', root)), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'));
}
