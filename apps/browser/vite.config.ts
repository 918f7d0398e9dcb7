import { defineConfig } from 'vite';

// Pages isolated in this way have shared memory, which threads need.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  server: { headers },
  preview: { headers },
  build: { target: 'es2022' },
  // All that is no module, or many. One that the server only finds while a page loads makes it bundle them anew, and the page has to load again.
  optimizeDeps: {
    noDiscovery: true,
    include: [
      'uplot',
      'hebb > @hebb/data > fflate',
      'hebb > @hebb/data > papaparse',
      'hebb > @hebb/onnx > protobufjs/minimal.js',
      'hebb > @hebb/report > d3-scale',
      'hebb > @hebb/report > fast-png',
    ],
  },
});
