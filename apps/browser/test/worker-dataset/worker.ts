import { serveDataset } from 'hebb';
import { dataset } from './dataset.ts';

serveDataset(dataset);
