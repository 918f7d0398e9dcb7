/** @module-tag long: random graphs, whose shaders are compiled for each. */
import { describe } from 'vitest';
import { devices } from '../../../packages/tensor/test/support/devices.ts';
import { testGraphs } from './support.ts';

// Short ones: on an adapter that runs on the processor, compiling shaders takes nearly all of the time.
describe.runIf(devices.includes('webgpu'))('WebGPU', () => testGraphs('webgpu', 150, { least: 2, most: 6 }));
