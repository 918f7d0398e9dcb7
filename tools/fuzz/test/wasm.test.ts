import { testGraphs } from './support.ts';

testGraphs('wasm', 400, { least: 5, most: 30 });
