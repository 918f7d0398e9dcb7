/** What the worker of a device runs: `setDevice('wasm', { worker })` of a worker whose file is `import 'hebb/worker'`. */
import '@hebb/tensor/worker';
