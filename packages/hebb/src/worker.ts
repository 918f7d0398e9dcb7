/** What the worker of a device runs: import 'hebb/worker' in a file of your own where a bundler does not find the one that comes with Hebb. */
import '@hebb/tensor/worker';
