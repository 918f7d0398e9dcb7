/** Examples in docstrings leave their imports out. */
import type { Example } from './examples.ts';

/** The example with imports of everything that it uses out of `modules` and neither imports nor declares itself. */
export function withImports({ name, code }: Example, modules: Readonly<Record<string, object>>): Example {
  const own = new Set(
    [
      ...code.matchAll(/\b(?:const|let|class|function) (\w+)|\b(?:const|let|import|import type) [{[]([^}\]]*)[}\]]/g),
    ].flatMap((match) => (match[1] ?? match[2] ?? '').match(/\w+/g) ?? []),
  );
  const used = new Set(code.match(/\b[A-Za-z]\w*/g));
  const lines = Object.entries(modules).flatMap(([module, exports]) => {
    const names = Object.keys(exports).filter((key) => used.has(key) && !own.has(key));
    names.forEach((key) => own.add(key));
    return names.length === 0 ? [] : [`import { ${names.join(', ')} } from '${module}';`];
  });
  return { name, code: [...lines, code].join('\n') };
}
