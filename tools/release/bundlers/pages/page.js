const worker = new Worker(new URL('./main.js', import.meta.url), { type: 'module' });
worker.addEventListener('error', ({ message }) => console.error(message));
