/** Serves MNIST's training images from the folder in the worker's data. JavaScript, for `--import tsx` does not reach into workers. */
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { openMnist, serveDataset } = await import('@hebb/data');
serveDataset(openMnist(workerData).then(({ train }) => train));
