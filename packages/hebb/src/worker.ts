/** What the worker of a device runs: an entry of its own, which pages do not load. */
export { serveDevice } from '@hebb/tensor/worker';
