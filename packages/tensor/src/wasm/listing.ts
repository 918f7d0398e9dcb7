/** A readable outline of IR functions: their loops with roles and ranges, what they store and whom they call. */
import type { Statement, Value, WasmFunction } from './ir.ts';

export function listFunctions(functions: readonly WasmFunction[]): string {
  const seen = new Set<WasmFunction>();
  const lines: string[] = [];
  const list = (target: WasmFunction): void => {
    if (seen.has(target)) return;
    seen.add(target);
    lines.push(`${target.name}(${target.parameters.map(({ name }) => name).join(', ')})`);
    const called: WasmFunction[] = [...target.rarelyCalls];
    listStatements(target.body, 1, lines, called);
    lines.push('');
    for (const other of called) list(other);
  };
  for (const target of functions) list(target);
  return lines.join('\n');
}

function listStatements(
  statements: readonly Statement[],
  depth: number,
  lines: string[],
  called: WasmFunction[],
): void {
  const indent = '  '.repeat(depth);
  let stores = 0;
  const flush = (): void => {
    if (stores > 0) lines.push(`${indent}store${stores > 1 ? ` × ${stores}` : ''}`);
    stores = 0;
  };
  for (const statement of statements) {
    if (statement.kind === 'store') {
      stores++;
      continue;
    }
    flush();
    if (statement.kind === 'note') lines.push(`${indent}; ${statement.text}`);
    else if (statement.kind === 'loop') {
      const step = statement.step === 1 ? '' : ` step ${statement.step}`;
      const range = `${describe(statement.begin)} … ${describe(statement.end)}${step}`;
      lines.push(`${indent}${statement.role} ${statement.variable.name} = ${range}`);
      listStatements(statement.body, depth + 1, lines, called);
    } else if (statement.kind === 'if') {
      lines.push(`${indent}if`);
      listStatements(statement.body, depth + 1, lines, called);
      if (statement.otherwise.length > 0) {
        lines.push(`${indent}else`);
        listStatements(statement.otherwise, depth + 1, lines, called);
      }
    } else if (statement.kind === 'call') {
      lines.push(`${indent}call ${statement.target.name}(${statement.args.map(describe).join(', ')})`);
      called.push(statement.target);
    } else if (statement.kind === 'callAt') lines.push(`${indent}call(${statement.args.map(describe).join(', ')})`);
    else if (statement.kind === 'repeat') {
      lines.push(`${indent}repeat`);
      listStatements(statement.body, depth + 1, lines, called);
    } else if (statement.kind === 'atomic') lines.push(`${indent}atomic`);
    else if (statement.kind === 'copy') lines.push(`${indent}copy ${describe(statement.bytes)} bytes`);
    else if (statement.kind === 'set') lines.push(`${indent}${statement.variable.name} ←`);
  }
  flush();
}

function describe(value: Value): string {
  if (value.kind === 'i32') return String(value.value >>> 0);
  return value.kind === 'variable' ? value.variable.name : '·';
}
