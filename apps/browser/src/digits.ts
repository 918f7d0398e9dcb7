/** Digits on the page: test images with what the network sees in them, and a pad to draw one's own. */

const side = 8;
const pixelCount = side * side;
/** How many test images are shown. */
const shown = 40;

/** Paints 64 pixels from 0 to 1 as grey. */
function paint(canvas: HTMLCanvasElement, pixels: Float32Array): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const image = context.createImageData(side, side);
  pixels.forEach((value, i) => image.data.set([236, 240, 250, Math.round(255 * value)], 4 * i));
  context.putImageData(image, 0, 0);
}

/** The first test images, with the network's answers below them. */
export function showDigits(
  parent: HTMLElement,
  images: Float32Array,
  labels: Int32Array,
  predictions: readonly number[],
): void {
  const figures = Array.from({ length: shown }, (_, i) => {
    const figure = document.createElement('figure');
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    paint(canvas, images.subarray(i * pixelCount, (i + 1) * pixelCount));
    const caption = document.createElement('figcaption');
    caption.textContent = String(predictions[i]);
    figure.className = predictions[i] === labels[i] ? 'right' : 'wrong';
    figure.title = `${labels[i]}, seen as ${predictions[i]}`;
    figure.append(canvas, caption);
    return figure;
  });
  parent.replaceChildren(...figures);
}

/** A bar for the probability of each digit; none where nothing is drawn. */
export function showScores(parent: HTMLElement, probabilities: Float32Array | undefined): void {
  const best = probabilities === undefined ? -1 : probabilities.indexOf(Math.max(...probabilities));
  const bars = Array.from({ length: 10 }, (_, digit) => {
    const item = document.createElement('li');
    item.textContent = String(digit);
    item.style.setProperty('--probability', String(probabilities?.[digit] ?? 0));
    if (digit === best) item.className = 'best';
    return item;
  });
  parent.replaceChildren(...bars);
}

export interface Pad {
  readonly pixels: Float32Array;
  readonly empty: boolean;
  clear(): void;
}

/** A canvas of 8 × 8 pixels to draw on with a soft brush; `changed` is called after every stroke of it. */
export function createPad(canvas: HTMLCanvasElement, changed: () => void): Pad {
  const pixels = new Float32Array(pixelCount);
  const update = (): void => {
    paint(canvas, pixels);
    changed();
  };
  const draw = (event: PointerEvent): void => {
    if (event.buttons === 0) return;
    const bounds = canvas.getBoundingClientRect();
    const x = ((event.clientX - bounds.left) / bounds.width) * side - 0.5;
    const y = ((event.clientY - bounds.top) / bounds.height) * side - 0.5;
    pixels.forEach((value, i) => {
      const distance = Math.hypot((i % side) - x, Math.floor(i / side) - y);
      pixels[i] = Math.max(value, Math.min(1, Math.max(0, 1.35 - distance)));
    });
    update();
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    draw(event);
  });
  canvas.addEventListener('pointermove', draw);
  return {
    pixels,
    get empty() {
      return pixels.every((value) => value === 0);
    },
    clear() {
      pixels.fill(0);
      update();
    },
  };
}
