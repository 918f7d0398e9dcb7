/** The page: choose a device, watch a network learn, draw a digit for it. `?device=webgpu|wasm&autostart=1` starts at once. */
import { device, loadDigits, setDevice, stratifiedSplit } from 'hebb';
import { createChart } from './chart.ts';
import { createPad, showDigits, showScores } from './digits.ts';
import { createTrainer, digitsOf, epochs, type Trainer } from './training.ts';

type DeviceName = 'webgpu' | 'wasm';
const titles: Readonly<Record<DeviceName, string>> = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

const { dataset } = await loadDigits(new URL('../../quickstart/data/digits.csv', import.meta.url));
const { train, test } = stratifiedSplit(dataset, { by: 'y', test: 0.2, seed: 1 });
const images = test.field('x').data;
const labels = test.field('y').data;

const worker = new Worker(new URL('./device.ts', import.meta.url), { type: 'module' });
const chart = createChart(element('chart'));
const pad = createPad(element('pad') as HTMLCanvasElement, () => void scoreDrawing());
let trainer: Trainer | undefined;
/** Counts the runs, so that one that was replaced by another stops. */
let runs = 0;

async function run(name: DeviceName): Promise<void> {
  const id = ++runs;
  const current = (): boolean => id === runs;
  try {
    say('busy', `Starting ${titles[name]} …`);
    setDevice(name, name === 'wasm' ? { worker } : {});
    const description = await device.ready();
    if (!current()) return;
    chart.clear();
    trainer = createTrainer(train);
    for (let i = 0; i < epochs; i++) {
      say('busy', `Training on ${description}`);
      const epoch = await trainer.epoch();
      const predictions = digitsOf(await trainer.classify(images));
      if (!current()) return;
      const accuracy = predictions.filter((digit, j) => digit === labels[j]).length / labels.length;
      chart.add(epoch.losses, accuracy);
      showDigits(element('digits'), images, labels, predictions);
      show('accuracy', `${(100 * accuracy).toFixed(1)} %`);
      show('loss', (epoch.losses.at(-1) ?? 0).toFixed(4));
      show('step-time', `${epoch.millisecondsPerStep.toFixed(2)} ms`);
      show('epoch', `${epoch.number} / ${epochs}`);
      await scoreDrawing();
      await painted();
    }
    say('done', `Trained on ${description}.`);
  } catch (error) {
    if (current()) say('failed', error instanceof Error ? error.message : String(error));
  }
}

/** What the network makes of the drawing. */
async function scoreDrawing(): Promise<void> {
  if (trainer === undefined) return;
  showScores(element('scores'), pad.empty ? undefined : await trainer.classify(pad.pixels));
}

/** Lets the browser draw, also where the computation never waits. */
function painted(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

function show(id: string, text: string): void {
  element(id).textContent = text;
}

function say(state: 'busy' | 'done' | 'failed', text: string): void {
  element('status').dataset['state'] = state;
  show('status', text);
}

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-device]')) {
  button.addEventListener('click', () => void run(button.dataset['device'] as DeviceName));
}
showScores(element('scores'), undefined);
element('clear').addEventListener('click', () => pad.clear());

const parameters = new URLSearchParams(location.search);
if (parameters.get('autostart') === '1') void run(parameters.get('device') === 'wasm' ? 'wasm' : 'webgpu');
