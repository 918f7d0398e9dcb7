/**
 * The matrix: in what a program that uses a package is built, and where it then runs. Each cell works in a folder of its own
 * with `main.js`, the program, and has no configuration but what stands in its command.
 */

/**
 * @typedef {object} Cell
 * @property {string} name
 * @property {string} title
 * @property {string[]} install npm packages that it needs
 * @property {string[][]} build commands, of the binaries that npm installs
 * @property {Record<string, string>} [files] files beside main.js, by name: which of `pages/`
 * @property {string} [page] what Chromium opens, or:
 * @property {string[]} [run] the command that runs the result; `node` is this Node
 * @property {string[]} [ci] programs that CI builds; default all, [] none
 */

const rollup = ['rollup', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs'];
/** In CI, where one build takes seconds: the packages with dependencies from elsewhere, and all in one. */
const fewer = ['tensor', 'data', 'hebb'];

/**
 * webpack advises against files of more than 250 kB, before compression. A page that trains and evaluates is a little larger; what it may have is said, compressed,
 * in size-budgets.mjs. (No advice at all would hide a page that takes everything.)
 */
const webpackSizes = ['--performance-max-asset-size=310000', '--performance-max-entrypoint-size=310000'];

/** @type {Cell[]} */
export const cells = [
  { name: 'node', title: 'Node, import', install: [], build: [], run: ['node', 'main.js'] },
  {
    name: 'require',
    title: 'Node, require',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--packages=external', '--platform=node', '--outfile=main.cjs']],
    run: ['node', 'main.cjs'],
  },
  {
    name: 'esbuild',
    title: 'esbuild, ES module in a page',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--format=esm', '--outfile=bundle.js']],
    files: { 'index.html': 'module.html' },
    page: 'index.html',
  },
  {
    name: 'esbuild-script',
    title: 'esbuild, classic script in a page',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--minify', '--outfile=bundle.js']],
    files: { 'index.html': 'script.html' },
    page: 'index.html',
  },
  {
    name: 'esbuild-split',
    title: 'esbuild, split into chunks, in a page',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--splitting', '--format=esm', '--outdir=dist']],
    files: { 'index.html': 'rollup.html' },
    page: 'index.html',
  },
  {
    name: 'worker',
    title: 'esbuild, module worker',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--format=esm', '--outfile=bundle.js']],
    files: { 'index.html': 'worker.html' },
    page: 'index.html',
  },
  {
    name: 'blob',
    title: 'esbuild, blob: module in a page',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--format=esm', '--outfile=bundle.js']],
    files: { 'index.html': 'blob.html' },
    page: 'index.html',
  },
  {
    name: 'esbuild-node',
    title: 'esbuild, ES module in Node',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--platform=node', '--format=esm', '--outfile=bundle.mjs']],
    run: ['node', 'bundle.mjs'],
  },
  {
    name: 'esbuild-commonjs',
    title: 'esbuild, CommonJS in Node',
    install: ['esbuild'],
    build: [['esbuild', 'main.js', '--bundle', '--platform=node', '--outfile=bundle.cjs']],
    run: ['node', 'bundle.cjs'],
  },
  {
    name: 'vite',
    title: 'Vite',
    install: ['vite'],
    build: [['vite', 'build', '--logLevel=warn']],
    files: { 'index.html': 'vite.html' },
    page: 'dist/index.html',
    ci: fewer,
  },
  {
    name: 'vite-worker',
    title: 'Vite, module worker',
    install: ['vite'],
    build: [['vite', 'build', '--logLevel=warn']],
    files: { 'index.html': 'vite-worker.html', 'page.js': 'page.js' },
    page: 'dist/index.html',
    ci: ['hebb'],
  },
  {
    name: 'webpack',
    title: 'webpack',
    install: ['webpack', 'webpack-cli'],
    build: [['webpack', '--mode=production', '--entry=./main.js', '--stats=errors-warnings', ...webpackSizes]],
    files: { 'index.html': 'webpack.html' },
    page: 'index.html',
    ci: fewer,
  },
  {
    name: 'webpack-worker',
    title: 'webpack, module worker',
    install: ['webpack', 'webpack-cli'],
    build: [['webpack', '--mode=production', '--entry=./page.js', '--stats=errors-warnings', ...webpackSizes]],
    files: { 'index.html': 'webpack.html', 'page.js': 'page.js' },
    page: 'index.html',
    ci: ['hebb'],
  },
  {
    name: 'rollup',
    title: 'Rollup, in a page',
    install: rollup,
    build: [
      [
        'rollup',
        'main.js',
        '--dir=dist',
        '-p',
        '@rollup/plugin-node-resolve={browser:true}',
        '-p',
        '@rollup/plugin-commonjs',
      ],
    ],
    files: { 'index.html': 'rollup.html' },
    page: 'index.html',
    ci: fewer,
  },
  {
    name: 'rollup-node',
    title: 'Rollup, in Node',
    install: rollup,
    build: [['rollup', 'main.js', '--dir=dist', '-p', '@rollup/plugin-node-resolve', '-p', '@rollup/plugin-commonjs']],
    run: ['node', 'dist/main.js'],
    ci: ['hebb'],
  },
  {
    name: 'deno',
    title: 'Deno',
    install: ['deno'],
    build: [],
    run: ['deno', 'run', '--allow-all', 'main.js'],
    ci: ['hebb'],
  },
  { name: 'bun', title: 'Bun', install: ['bun'], build: [], run: ['bun', 'run', 'main.js'], ci: ['hebb'] },
];
