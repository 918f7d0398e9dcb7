/**
 * Runs the TypeScript examples of READMEs and docstrings, and compares what they say with what happens.
 *
 * In an example, `expression; // value`, `const name = expression; // value` and `console.log(expression); // value`
 * state a value wherever the comment is a JavaScript expression (`Uint32Array [1, 2]` stands for that array); a
 * comment in words states nothing. Numbers agree to six digits, or, where the comment ends in `…`, to the digits shown.
 */
import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { transformWithOxc } from 'vite';

export interface Example {
  /** File and line. */
  readonly name: string;
  readonly code: string;
}

/** The ```ts blocks of a Markdown file, or those in the docstrings of a TypeScript file. */
export function examplesOf(path: string): Example[] {
  return blocksOf(path, '```ts');
}

/** The whole programs of a Markdown file: its ```ts program blocks. */
export function programsOf(path: string): Example[] {
  return blocksOf(path, '```ts program');
}

function blocksOf(path: string, opening: string): Example[] {
  const isMarkdown = path.endsWith('.md');
  const lines = readFileSync(path, 'utf8').split('\n');
  const examples: Example[] = [];
  let block: string[] | undefined;
  lines.forEach((line, index) => {
    const text = isMarkdown ? line : line.replace(/^\s*\* ?/, '');
    const starts = isMarkdown ? line === opening : /^\s*\* ```ts$/.test(line);
    if (block === undefined && starts) block = [];
    else if (block !== undefined && text.trim() === '```') {
      const name = `${path.split('/').slice(-2).join('/')}:${index - block.length + 1}`;
      examples.push({ name, code: block.join('\n') });
      block = undefined;
    } else block?.push(text);
  });
  return examples;
}

export interface Statement {
  readonly line: string;
  readonly actual: unknown;
  readonly expected: unknown;
  /** The comment gives the first digits only. */
  readonly rounded: boolean;
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<void>;

/** Runs an example with the modules that it may import; returns what its comments state and what came out. */
export async function runExample(
  { name, code }: Example,
  modules: Readonly<Record<string, object>>,
): Promise<Statement[]> {
  const statements: Statement[] = [];
  const check = (line: string, comment: string, actual: unknown): void => {
    const rounded = comment.trimEnd().endsWith('…');
    // `= 0.49…` after a formula: the number counts.
    const text = comment.replace(/…\s*$/, '').replace(/^.* = /, '');
    try {
      const source = text.replace(/\b(\w+Array) \[/g, '$1.from([').replace(/\.from\(\[([^\]]*)\]/g, '.from([$1])');
      const expected: unknown = runInThisContext(`'use strict'; (${source});`);
      if (typeof expected !== 'function') statements.push({ line, actual, expected, rounded });
    } catch {
      // words
    }
  };
  const body = code
    .replace(/^import type .*$/gm, '')
    .replace(/\bimport\.meta\.url\b/g, "'file:///example.ts'") // a script has none
    .replace(/^import (\{[^}]*\}) from '([^']+)';$/gm, (_, names: string, module: string) => {
      if (modules[module] === undefined) throw new Error(`${name}: the test has no module ${module}`);
      return `const ${names.replace(/\btype \w+,? ?/g, '')} = __modules['${module}'];`;
    })
    .split('\n')
    .map((line) => {
      const [, statement, comment] = /^([\w(].*;) \/\/ (.+)$/.exec(line) ?? [];
      if (statement === undefined || comment === undefined || /^(import|for|if|class|function)\b/.test(statement))
        return line;
      const note = `${JSON.stringify(line)}, ${JSON.stringify(comment)}`;
      const variable = /^const (\w+) = /.exec(statement)?.[1];
      if (variable !== undefined) return `${statement} __check(${note}, ${variable});`;
      if (/^const\b/.test(statement)) return line;
      const expression = /^console\.log\((.*)\);$/.exec(statement)?.[1] ?? statement.slice(0, -1);
      return `__check(${note}, (${expression}));`;
    })
    .join('\n');
  const { code: script } = await transformWithOxc(`async () => {\n${body}\n}`, 'example.ts');
  const quiet = { ...console, log: () => undefined };
  await new AsyncFunction('__modules', '__check', 'console', `await (${script.trim().replace(/;$/, '')})()`)(
    modules,
    check,
    quiet,
  );
  return statements;
}

/** Whether a value is what a comment states. */
export function agrees(actual: unknown, expected: unknown, rounded: boolean): boolean {
  if (typeof actual === 'number' && typeof expected === 'number') {
    if (!Number.isFinite(expected)) return Object.is(actual, expected);
    if (rounded) return String(actual).startsWith(String(expected));
    return Math.abs(actual - expected) <= 1e-6 * Math.max(1, Math.abs(expected));
  }
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return Object.is(actual, expected);
  }
  if (actual.constructor !== expected.constructor) return false;
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(actual).length &&
    keys.every((key) => agrees(actual[key as keyof object], expected[key as keyof object], rounded))
  );
}
