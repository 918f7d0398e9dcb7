const worker = new Worker(new URL('./main.js', import.meta.url), { type: 'module' });
