import { serveDevice } from 'hebb/worker';

serveDevice();
