/**
 * What plays melodies, in the pages that hold some: one sound for each note, of Web Audio, all planned at once. A text and no function, since what compiles and
 * shortens programs would put calls into it that the page has not. Without Web Audio the buttons stay hidden.
 */
export const player = `
(() => {
  const Context = window.AudioContext;
  if (!Context) return;
  let stop = () => {};
  for (const figure of document.querySelectorAll('.melody')) {
    const button = figure.querySelector('button');
    const head = figure.querySelector('i');
    const name = button.getAttribute('aria-label').slice('Play '.length);
    const end = Number(figure.dataset.end);
    const notes = (text, loudness) =>
      text === '' ? [] : text.split(',').map((note) => [...note.split(' ').map(Number), loudness]);
    const show = (playing) => {
      figure.classList.toggle('playing', playing);
      button.textContent = playing ? 'Stop' : 'Play';
      button.setAttribute('aria-label', (playing ? 'Stop ' : 'Play ') + name);
    };
    button.hidden = false;
    button.addEventListener('click', () => {
      const wasPlaying = figure.classList.contains('playing');
      stop();
      if (wasPlaying) return;
      const context = new Context();
      const out = context.createDynamicsCompressor();
      out.connect(context.destination);
      const begin = context.currentTime + 0.1;
      for (const [pitch, start, duration, loudness] of [...notes(figure.dataset.notes, 0.25), ...notes(figure.dataset.soft, 0.06)]) {
        const sound = context.createOscillator();
        const volume = context.createGain();
        const from = begin + start;
        sound.type = 'triangle';
        sound.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
        volume.gain.setValueAtTime(0, from);
        volume.gain.linearRampToValueAtTime(loudness, from + 0.015);
        volume.gain.setTargetAtTime(loudness * 0.5, from + 0.015, 0.15);
        volume.gain.setTargetAtTime(0, from + Math.max(0.02, duration * 0.9), 0.03);
        sound.connect(volume).connect(out);
        sound.start(from);
        sound.stop(from + duration + 0.15);
      }
      let frame = 0;
      const move = () => {
        const time = context.currentTime - begin;
        if (time > end) return stop();
        head.style.left = 100 * Math.max(0, time / end) + '%';
        frame = requestAnimationFrame(move);
      };
      stop = () => {
        stop = () => {};
        cancelAnimationFrame(frame);
        context.close();
        show(false);
      };
      show(true);
      move();
    });
  }
})();
`;
