/** The file of the worker that comes with Hebb. Plain JavaScript, since what makes a worker (client.ts) names a file as it is served. */
import '../worker.ts';
