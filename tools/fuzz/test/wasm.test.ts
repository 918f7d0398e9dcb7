import { testGraphs } from './support.ts';

testGraphs('wasm', 1000);
