import { defineConfig } from 'vite';

// Pages isolated in this way have shared memory, which threads need.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  server: { headers },
  preview: { headers },
  build: { target: 'es2022' },
});
