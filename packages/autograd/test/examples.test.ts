import { fileURLToPath } from 'node:url';
import * as tensors from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import * as autograd from '../src/index.ts';

const modules = { '@hebb/tensor': tensors, '@hebb/autograd': autograd };
const imports =
  "import { tensor, variable } from '@hebb/tensor';\nimport { backward, customGradient, grad, valueAndGrad, vjp } from '@hebb/autograd';\n";

describe.each(['../README.md', '../src/gradients.ts'])('the examples of %s', (file) => {
  const examples = examplesOf(fileURLToPath(new URL(file, import.meta.url)));
  it('are there', () => expect(examples.length).toBeGreaterThan(0));
  it.each(examples.map((example) => [example.name, example] as const))('%s', async (_, { name, code }) => {
    tensors.setDevice('reference');
    const statements = await runExample({ name, code: code.includes('import ') ? code : imports + code }, modules);
    expect(statements.length).toBeGreaterThan(0);
    for (const { line, actual, expected, rounded } of statements)
      expect({ line, actual, agrees: agrees(actual, expected, rounded) }).toMatchObject({ agrees: true });
  });
});
