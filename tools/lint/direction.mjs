/** The direction of imports: which package, and inside `tensor` which folder, may import which. A table and its check. */
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path/posix';
import { Visitor, parseSync } from 'oxc-parser';

/** From the ground up: a package imports only from rows above its own in this list. */
const layers = [
  ['files'],
  ['tensor'],
  ['autograd'],
  ['layers', 'losses', 'optimizers', 'evaluation', 'data', 'tokenizer'],
  ['architectures', 'onnx'],
  ['training'],
  ['report'],
  ['hebb'],
];

/**
 * What the rows alone would allow and must not happen: tensor depends on nothing, packages that only build graph know
 * nothing of gradients, and the tokenizer knows nothing but files.
 */
const forbidden = {
  tensor: ['files'],
  layers: ['autograd'],
  losses: ['autograd'],
  evaluation: ['autograd'],
  tokenizer: layers.flat().filter((name) => name !== 'files'),
};

/** Beside the entries, for the packages above: what a program of a user has no need of. */
const subpaths = {
  tensor: ['arguments', 'costs', 'formulas', 'worker', 'zip'],
  evaluation: ['format', 'internal'],
  layers: ['internal'],
};

/** Packages that see the graph itself, through `@hebb/tensor/graph`. */
const graphReaders = ['autograd', 'onnx'];

/**
 * Inside `packages/tensor/src`: what a folder, or a file that lies in `src` itself, may import besides itself;
 * `runtime:type` allows types only, `wasm:lazy` types and `import()`, so that a device's code is loaded when it is chosen.
 * handle.ts is what operations and runtime know of the class in tensor.ts, which stands above them because its methods
 * call them; only what makes the first tensors of a program imports the class, and oxlint refuses circles.
 */
const tensorFolders = {
  graph: [],
  arguments: ['graph'],
  compiler: ['graph', 'runtime:type'],
  reference: ['graph', 'runtime:type'],
  wasm: ['compiler', 'graph', 'runtime:type'],
  webgpu: ['compiler', 'graph', 'runtime:type'],
  remote: ['graph', 'runtime'],
  'worker.ts': ['compiler', 'graph', 'remote', 'wasm'],
  runtime: [
    'arguments',
    'graph',
    'compiler:type',
    'wasm:lazy',
    'webgpu:lazy',
    'reference:lazy',
    'remote:lazy',
    'handle.ts',
    'tensor.ts:type',
  ],
  'handle.ts': ['arguments', 'graph', 'runtime:type', 'tensor.ts:type'],
  'state.ts': ['ops:type', 'tensor.ts:type'],
  ops: ['arguments', 'handle.ts', 'state.ts:type', 'tensor.ts', 'graph', 'runtime'],
  'methods.ts': ['ops', 'graph:type', 'tensor.ts:type'],
  'tensor.ts': ['arguments', 'handle.ts', 'methods.ts', 'ops', 'graph', 'prompt', 'runtime'],
  prompt: ['arguments', 'graph:type', 'handle.ts', 'tensor.ts:type'],
  costs: ['graph', 'handle.ts', 'runtime', 'tensor.ts:type'],
  profiler: ['arguments', 'graph', 'handle.ts', 'runtime', 'tensor.ts:type'],
  numpy: ['arguments', 'graph', 'handle.ts', 'ops', 'tensor.ts:type', 'zip'],
  zip: [],
};

/** What `@hebb/tensor` and its subpaths export: nothing in tensor imports them, and they import no code of devices. */
const tensorEntries = ['index.ts', 'graph.ts', 'arguments.ts', 'costs.ts', 'formulas.ts', 'zip.ts'];
const entryImports = [
  'arguments',
  'costs',
  'graph',
  'handle.ts',
  'numpy',
  'ops',
  'profiler',
  'prompt',
  'runtime',
  'state.ts',
  'tensor.ts',
  'zip',
];

/** Every import of a source text: `{ specifier, line, typeOnly, dynamic }`, and what is wrong besides, with `problem`. */
function findImports(file, source) {
  const { module, program } = parseSync(file, source);
  const found = [];
  const lineOf = (start) => source.slice(0, start).split('\n').length;
  const add = (specifier, start, typeOnly, dynamic) =>
    found.push({ specifier, line: lineOf(start), typeOnly, dynamic });
  for (const { moduleRequest, entries, start } of module.staticImports) {
    add(moduleRequest.value, start, entries.length > 0 && entries.every((entry) => entry.isType), false);
  }
  for (const { entries, start } of module.staticExports) {
    const from = entries.filter((entry) => entry.moduleRequest);
    if (from.length > 0)
      add(
        from[0].moduleRequest.value,
        start,
        from.every((entry) => entry.isType),
        false,
      );
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    const literal = /^(['"`])(.*)\1$/s.exec(source.slice(moduleRequest.start, moduleRequest.end));
    if (literal) add(literal[2], start, false, true);
  }
  new Visitor({
    TSImportType: (node) => add(node.source.value, node.start, true, false),
    MetaProperty: ({ meta, start }) => {
      if (meta.name === 'import') {
        const problem =
          'does not exist in a bundle as CommonJS or in a data: module; no package may need its own address';
        found.push({ specifier: 'import.meta', line: lineOf(start), problem });
      }
    },
    ExportNamedDeclaration: ({ declaration }) => {
      const problem = declaration?.type === 'ClassDeclaration' ? nameProblem(declaration, source) : undefined;
      if (problem) found.push({ specifier: `class ${declaration.id.name}`, line: lineOf(declaration.start), problem });
    },
  }).visit(program);
  return found;
}

/** What a class extends or implements if files name it: everything that is extended, but for these. */
const unnamedBases = ['Clock', 'TensorMethods'];
const namedInterfaces = ['Callback', 'Transform'];

/** Why a class that errors or files name could lose its name to a minifier, or undefined. */
function nameProblem({ id, abstract, superClass, implements: interfaces = [], body }, source) {
  if (abstract) return undefined;
  const base = superClass?.name;
  const isError = base?.endsWith('Error');
  const isNamed =
    (superClass && !unnamedBases.includes(base)) ||
    interfaces.some(({ expression }) => namedInterfaces.includes(expression.name)) ||
    id.name.endsWith('Schedule');
  if (!isNamed) return undefined;
  const field = isError ? 'name' : 'type';
  const said = body.body.find(({ static: isStatic, key }) => isStatic && key?.name === field);
  const isSet = isError && source.slice(body.start, body.end).includes(`this.name = '${id.name}'`);
  if (isSet || said?.value?.value === id.name) return undefined;
  return isError
    ? `needs "static override readonly name: string = '${id.name}'" for messages, since minifiers rename classes`
    : `needs "static readonly type: string = '${id.name}'" for files and messages, since minifiers rename classes`;
}

const rowOf = (name) => layers.findIndex((row) => row.includes(name));

/** Why a package may not import another, or undefined. */
function packageProblem(from, to, subpath) {
  if (from === to) return `imports itself by name; use a relative path`;
  if (rowOf(to) < 0) return `${to} is not in the table of tools/lint/direction.mjs`;
  if (forbidden[from]?.includes(to)) return `${from} must not know of ${to}`;
  if (rowOf(to) >= rowOf(from)) return `${from} may import only what stands below it, and ${to} does not`;
  if (subpath === undefined) return undefined;
  if (subpaths[to]?.includes(subpath)) return undefined;
  if (to !== 'tensor' || subpath !== 'graph') return `only what a package exports from its entry is public`;
  return graphReaders.includes(from) ? undefined : `only ${graphReaders.join(' and ')} may see the graph itself`;
}

const tensorFolder = (path) => path.split('/', 1)[0];

/** Why a file of `packages/tensor/src` may not import another one of them, or undefined. Paths relative to `src`. */
function tensorProblem(from, to, typeOnly, dynamic) {
  if (tensorEntries.includes(to)) return `nothing inside tensor imports its entries`;
  const [source, target] = [tensorFolder(from), tensorFolder(to)];
  if (source === target) return undefined;
  const allowed = tensorEntries.includes(from) ? entryImports : tensorFolders[source];
  if (!allowed || !tensorFolders[target]) {
    return `${allowed ? target : source} is not in the table of tools/lint/direction.mjs`;
  }
  if (allowed.includes(target)) return undefined;
  if (allowed.includes(`${target}:lazy`)) {
    return typeOnly || dynamic ? undefined : `tensor/${source} loads tensor/${target} when it is needed, with import()`;
  }
  if (!allowed.includes(`${target}:type`)) return `tensor/${source} may not import tensor/${target}`;
  return typeOnly ? undefined : `tensor/${source} may import only types from tensor/${target}`;
}

/**
 * Checks one file below `packages/<name>/src`. `path` is relative to the repository, `dependencies` the names that the
 * package's manifest lists (dependencies and peers). Returns messages `path:line specifier: reason`.
 */
export function checkFile(path, source, dependencies) {
  const [, name] = path.split('/');
  const folder = `packages/${name}/src`;
  const problemOf = ({ specifier, typeOnly, dynamic, problem: known }) => {
    if (known) return known;
    if (specifier.startsWith('.')) {
      const target = normalize(join(dirname(path), specifier));
      if (!target.startsWith(`${folder}/`)) return 'leaves the package; import the package by its name';
      if (name !== 'tensor') return undefined;
      return tensorProblem(path.slice(folder.length + 1), target.slice(folder.length + 1), typeOnly, dynamic);
    }
    if (isBuiltin(specifier)) {
      // Bundlers follow dynamic imports too. Type-only imports are erased.
      return typeOnly
        ? undefined
        : 'breaks bundles for browsers; use @hebb/files, or process.getBuiltinModule() where Node is known to run';
    }
    const hebb = /^@hebb\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? /^(hebb)(?:\/(.+))?$/.exec(specifier);
    const problem = hebb ? packageProblem(name, hebb[1], hebb[2]) : undefined;
    if (problem) return problem;
    const installed = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (!dependencies.includes(installed)) return `${installed} is not among the dependencies of packages/${name}`;
    return undefined;
  };
  return findImports(path, source)
    .map((found) => ({ ...found, problem: problemOf(found) }))
    .filter(({ problem }) => problem)
    .map(({ line, specifier, problem }) => `${path}:${line} '${specifier}': ${problem}`);
}
