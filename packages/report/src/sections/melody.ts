/** Melodies as piano rolls: time from left to right, pitches from bottom to top. */
import type { Melody, MelodyNote, MelodySection } from '@hebb/evaluation';
import { html, type Html } from '../html.ts';

const names = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B'];
/** The drawing's own units; it is stretched to its box, its lines are not. */
const [across, up] = [1000, 100];

export function melody({ melodies }: MelodySection): Html {
  return html`${melodies.map(figure)}`;
}

function figure({ name, notes, accompaniment = [], bars = [], notation }: Melody): Html {
  const all = [...notes, ...accompaniment];
  const end = all.reduce((latest, [, start, duration]) => Math.max(latest, start + duration), 0);
  const pitches = all.map(([pitch]) => pitch);
  const [low, high] = [Math.min(...pitches) - 1, Math.max(...pitches) + 1];
  const x = (time: number): number => round((across * time) / (end || 1));
  const y = (pitch: number): number => round(up * (1 - (pitch - low) / (high - low)));
  const path = (of: readonly MelodyNote[]): string =>
    // A gap behind each, so that two of one pitch are two.
    of.map(([pitch, start, duration]) => `M${x(start)} ${y(pitch)}h${round(0.88 * x(duration))}`).join('');
  const lines = bars.filter((time) => time > 0 && time < end).map((time) => `M${x(time)} 0v${up}`).join(''); // prettier-ignore
  const seconds = Math.round(end);
  const said = all.length === 0 ? 'no notes' : `${notes.length} notes in ${seconds} seconds, from ${nameOf(low + 1)} to ${nameOf(high - 1)}`; // prettier-ignore
  return html`<figure
    class="melody"
    data-notes="${listed(notes)}"
    data-soft="${listed(accompaniment)}"
    data-end="${round(end)}"
  >
    <figcaption>
      <button type="button" hidden aria-label="Play ${name}">Play</button> <b>${name}</b>
      <span class="quiet">${clock(seconds)}</span>
    </figcaption>
    <div class="roll">
      <svg viewBox="0 0 ${across} ${up}" preserveAspectRatio="none" role="img" aria-label="${name}: ${said}">
        <path class="grid" d="${lines}" />
        <path class="soft" d="${path(accompaniment)}" />
        <path class="notes" d="${path(notes)}" />
      </svg>
      <i></i>
    </div>
    ${
      notation === undefined
        ? undefined
        : html`<details>
            <summary>in writing</summary>
            <pre>${notation}</pre>
          </details>`
    }
  </figure>`;
}

/** What the script plays: `pitch start duration`, parted by commas. */
function listed(notes: readonly MelodyNote[]): string {
  return notes.map((note) => note.map(round).join(' ')).join();
}

function nameOf(pitch: number): string {
  const nearest = Math.round(pitch);
  return `${names[((nearest % 12) + 12) % 12] ?? ''}${Math.floor(nearest / 12) - 1}`;
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
