/**
 * Methods of tensors are functions, said once: this makes the class that holds them of the functions' signatures and docstrings, so that
 * types, docs on hover and examples are those of the function. A function becomes a method where it stands in the middle of formulas;
 * everything else stays a function alone, which bundlers drop where it is not used.
 */
import { dirname, join, normalize } from 'node:path/posix';
import { Visitor, parseSync } from 'oxc-parser';

/** By file of `ops/`: the functions that are methods too, or [function, method] where the name differs. */
const methods = {
  arithmetic: [
    ...['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'clamp'],
    ...['neg', 'abs', 'sign', 'square', 'sqrt', 'reciprocal', 'rsqrt'],
  ],
  comparison: ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'and', 'or', 'not', 'where'],
  elementary: ['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tanh', 'erf', 'erfc'],
  activations: ['sigmoid', 'relu', ['exactGelu', 'gelu']],
  rounding: ['floor', 'ceil', 'round'],
  casting: [['cast', 'to'], 'detach'],
  movement: [
    ...['reshape', 'flatten', 'squeeze', 'unsqueeze', 'transpose', 'permute', 'broadcastTo'],
    ...['slice', 'narrow', 'flip'],
  ],
  reduce: ['sum', 'mean', 'max', 'min', 'variance', 'std', 'argmax', 'argmin'],
  softmax: ['softmax', 'logSoftmax'],
  linalg: ['matmul'],
};

const folder = 'packages/tensor/src';

/** What a source text exports as functions, and where the names in it come from. */
function readModule(path, source) {
  const { program, comments, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`);
  const origins = new Map();
  const functions = new Map();
  for (const statement of program.body) {
    if (statement.type === 'ImportDeclaration') {
      for (const { local, imported } of statement.specifiers) {
        if (imported?.name === local.name) origins.set(local.name, statement.source.value);
      }
    }
    const { type, declaration } = statement;
    if (type !== 'ExportNamedDeclaration' || !declaration) continue;
    if (declaration.id) origins.set(declaration.id.name, undefined);
    if (declaration.type !== 'FunctionDeclaration') continue;
    const comment = comments.find(({ type: kind, value, end }) => {
      const follows = end <= statement.start && source.slice(end, statement.start).trim() === '';
      return kind === 'Block' && value.startsWith('*') && follows;
    });
    functions.set(declaration.id.name, { declaration, doc: comment && source.slice(comment.start, comment.end) });
  }
  return { origins, functions };
}

/** `{ name, text }` of each parameter: what it is called, and how a method declares it, which leaves defaults to the function. */
function parametersOf(declaration, source, where) {
  return declaration.params.map((parameter) => {
    const isDefault = parameter.type === 'AssignmentPattern';
    const target = isDefault ? parameter.left : parameter;
    if (target.type !== 'Identifier') throw new Error(`${where}: parameters of methods are plain names`);
    const annotation = target.typeAnnotation?.typeAnnotation;
    // `axis = -1` says that it is a number.
    const value = isDefault && (parameter.right.argument ?? parameter.right);
    const literal = value?.type === 'Literal' ? typeof value.value : undefined;
    const type = annotation ? source.slice(annotation.start, annotation.end) : literal;
    if (type === undefined) throw new Error(`${where}: the type of ${target.name} must be written out`);
    const optional = isDefault || target.optional ? '?' : '';
    return { name: target.name, text: `${target.name}${optional}: ${type}` };
  });
}

/** Names of types that a declaration's parameters and result mention. */
function typeNames(declaration, source, path) {
  const names = new Set();
  const { program } = parseSync(path, source.slice(declaration.start, declaration.body.start) + '{}');
  new Visitor({
    TSTypeReference: ({ typeName }) => names.add(typeName.name),
  }).visit(program);
  return names;
}

const standsAlone = ['Identifier', 'CallExpression', 'MemberExpression'];

/** An example with the calls `name(x, …)` written as `x.method(…)`. */
export function asMethodCalls(example, name, method) {
  let code = example;
  for (;;) {
    let found;
    const { program } = parseSync('example.ts', code);
    new Visitor({
      CallExpression: (node) => {
        const [first] = node.arguments;
        if (node.callee.type === 'Identifier' && node.callee.name === name && standsAlone.includes(first?.type))
          found ??= node;
      },
    }).visit(program);
    if (found === undefined) return code;
    const [first, second] = found.arguments;
    const text = (from, to) => code.slice(from, to);
    const rest = second === undefined ? '' : text(second.start, found.end - 1);
    code = `${text(0, found.start)}${text(first.start, first.end)}.${method}(${rest})${text(found.end)}`;
  }
}

/** The docstring of a method: that of its function, which says in `parameter` what the tensor itself is. */
function docOf(doc, name, method, parameter) {
  const lines = doc
    .slice(3, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, ''));
  const text = lines.join('\n').trim();
  const [prose, ...examples] = text.split(/^```ts$/m);
  const written = [`${prose.trim()}\n\n\`${parameter}\` is this tensor.`];
  for (const example of examples) {
    const [code, after = ''] = example.split(/^```$/m);
    written.push(`\`\`\`ts\n${asMethodCalls(code.trim(), name, method)}\n\`\`\`${after}`);
  }
  const all = written.join('\n\n').trimEnd().split('\n');
  return ['/**', ...all.map((line) => (line === '' ? ' *' : ` * ${line}`)), ' */'].join('\n');
}

/** The text of methods.ts before formatting; `read` gives the text of a file of the repository. */
export function methodsSource(read) {
  const imports = new Map([['./tensor.ts', new Set(['Tensor'])]]);
  const values = [];
  const members = [];
  for (const [file, list] of Object.entries(methods)) {
    const path = `${folder}/ops/${file}.ts`;
    const source = read(path);
    const { origins, functions } = readModule(path, source);
    values.push(`import * as ${file} from './ops/${file}.ts';`);
    for (const entry of list) {
      const [name, method] = typeof entry === 'string' ? [entry, entry] : entry;
      const where = `${path} ${name}`;
      const { declaration, doc } = functions.get(name) ?? {};
      if (!doc) throw new Error(`${where}: no exported function with a docstring`);
      for (const type of typeNames(declaration, source, path)) {
        if (!origins.has(type)) throw new Error(`${where}: the type ${type} must be exported, or imported by its name`);
        const origin = origins.get(type) ?? `./${file}.ts`;
        const from = `./${normalize(join(dirname(`ops/${file}.ts`), origin))}`;
        imports.set(from, (imports.get(from) ?? new Set()).add(type));
      }
      const [self, ...rest] = parametersOf(declaration, source, where);
      const result = source.slice(
        declaration.returnType.typeAnnotation.start,
        declaration.returnType.typeAnnotation.end,
      );
      members.push(
        docOf(doc, name, method, self.name),
        `${method}(${rest.map(({ text }) => text).join(', ')}): ${result} {`,
        `return ${file}.${name}(${['self(this)', ...rest.map(({ name: given }) => given)].join(', ')});`,
        '}',
        '',
      );
    }
  }
  const types = [...imports].map(([from, names]) => `import type { ${[...names].sort().join(', ')} } from '${from}';`);
  return [
    '/** The methods of tensors, made of the functions in `ops/` by `npm run generate`: change those, or the list in tools/methods. */',
    ...types.sort(),
    ...values,
    '',
    '/** There is no other class over {@link TensorMethods}. */',
    'const self = (methods: TensorMethods): Tensor => methods as Tensor;',
    '',
    '/** What {@link Tensor} has besides a value. Every method is the function of its name with the tensor as first argument. */',
    'export abstract class TensorMethods {',
    ...members.slice(0, -1),
    '}',
    '',
  ].join('\n');
}
