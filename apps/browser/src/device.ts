/** The worker in which WebAssembly compiles and computes, so that the page never waits for it. */
import { serveDevice } from 'hebb/worker';

serveDevice();
