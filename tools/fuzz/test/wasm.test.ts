/** @module-tag long: a thousand random graphs. */
import { testGraphs } from './support.ts';

testGraphs('wasm', 1000, { least: 5, most: 30 });
