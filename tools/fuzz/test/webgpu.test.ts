import { describe } from 'vitest';
import { devices } from '../../../packages/tensor/test/support/devices.ts';
import { testGraphs } from './support.ts';

describe.runIf(devices.includes('webgpu'))('WebGPU', () => testGraphs('webgpu', 150));
