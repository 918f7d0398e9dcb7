/** The parts of a report: plain data that a page, a terminal or a program of your own can show. */
import type { ShapedValues } from './values.ts';

/** How numbers of a column, an axis or a figure are written: 0.25 as `25 %`, 1234 as `1,234`, or with four digits or so. */
export type NumberFormat = 'percent' | 'count' | 'number';

interface SectionHead {
  readonly title: string;
  /** A sentence or two that explain it. */
  readonly text?: string;
}

/** The numbers that people look for first. The first of the first such section is the headline, unless some have targets. */
export interface FiguresSection extends SectionHead {
  readonly kind: 'figures';
  readonly figures: readonly Figure[];
}

export interface Figure {
  readonly name: string;
  readonly value: number | string;
  /** Default 'number'. */
  readonly format?: NumberFormat;
  /** What it had to be. Default: nothing. */
  readonly target?: FigureTarget;
}

export interface FigureTarget {
  /** In words: `at least 99.30 %`. */
  readonly text: string;
  readonly isMet: boolean;
}

export interface TextSection extends SectionHead {
  readonly kind: 'text';
  readonly text: string;
}

/** Rows of cells; the first cell of a row names it. */
export interface TableSection extends SectionHead {
  readonly kind: 'table';
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
  /** Rows below a line: averages, sums. */
  readonly footer?: readonly (readonly TableCell[])[];
}

export interface TableColumn {
  readonly title: string;
  /** How its numbers are written. Default 'number'. */
  readonly format?: NumberFormat;
}

/** `undefined` is an empty cell. */
export type TableCell = string | number | undefined;

/** Curves over one pair of axes. */
export interface ChartSection extends SectionHead {
  readonly kind: 'chart';
  readonly series: readonly ChartSeries[];
  readonly x: ChartAxis;
  readonly y: ChartAxis;
}

export interface ChartSeries {
  /** As the legend has it; one without a name is not there. */
  readonly name: string;
  /** A y that is no finite number leaves a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /**
   * `plain`, the default, is a line, and `marked` one with a dot at every point; `faint` is a thin line behind the others; `reference` is a
   * dashed line to compare with, of no colour; `dots` has dots alone; `bars` stand on zero.
   */
  readonly look?: 'plain' | 'marked' | 'faint' | 'reference' | 'dots' | 'bars';
  /** One of the colours that tell series apart; series of one colour belong together. Default: the next. */
  readonly color?: 1 | 2 | 3 | 4 | 5 | 6 | 7;
}

export interface ChartAxis {
  readonly label: string;
  /** Where it begins and ends. Default of both: a round number just beyond the points. */
  readonly range?: readonly [low: number | undefined, high: number | undefined];
  /** Default 'number'. */
  readonly format?: NumberFormat;
  /** Default `false`. */
  readonly logarithmic?: boolean;
}

/** Counts by row and column, e.g. a confusion matrix; the diagonal is what is right. */
export interface MatrixSection extends SectionHead {
  readonly kind: 'matrix';
  /** `counts[row][column]` */
  readonly counts: readonly (readonly number[])[];
  readonly rowLabel: string;
  readonly columnLabel: string;
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
}

/** Numbers by row and column, none of which is right or wrong: the weights of attention, correlations. The largest is darkest. */
export interface HeatmapSection extends SectionHead {
  readonly kind: 'heatmap';
  /** `values[row][column]`; what is no finite number is an empty cell. */
  readonly values: readonly (readonly number[])[];
  readonly rowLabel: string;
  readonly columnLabel: string;
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  /** The values without colour and of full colour. Default: 0 and the largest; of values below 0 the largest of both signs, negative ones in the other colour. */
  readonly range?: readonly [low: number, high: number];
}

/** A text with a weight for each of its pieces, e.g. the attention to each word, or how surprising each character is. */
export interface PassageSection extends SectionHead {
  readonly kind: 'passage';
  readonly passages: readonly Passage[];
}

export interface Passage {
  /** Stands above it. */
  readonly caption?: readonly CaptionLine[];
  /** Pieces, with the spaces between them. */
  readonly tokens: readonly string[];
  /** One for each token, at least 0; the largest has the fullest colour. */
  readonly weights: readonly number[];
}

/** Music, drawn as a piano roll and played at a button. Pages that hold one have a script, the only ones that do. */
export interface MelodySection extends SectionHead {
  readonly kind: 'melody';
  readonly melodies: readonly Melody[];
}

export interface Melody {
  readonly name: string;
  readonly notes: readonly MelodyNote[];
  /** What sounds below, softly. Default: nothing. */
  readonly accompaniment?: readonly MelodyNote[];
  /** When bars begin, in seconds: lines of the drawing. Default: none. */
  readonly bars?: readonly number[];
  /** The same in writing, ABC for instance, for those who open it. Default: none. */
  readonly notation?: string;
}

/** The pitch as MIDI counts it (60 is the middle C, 69 the A of 440 Hz), and when it begins and how long it sounds, in seconds. */
export type MelodyNote = readonly [pitch: number, start: number, duration: number];

/**
 * Examples of the data with captions. Whoever shows the section has the images of the data evaluated; where the section is about others, images
 * that a network made for instance, it brings them.
 */
export interface PicturesSection extends SectionHead {
  readonly kind: 'pictures';
  readonly pictures: readonly Picture[];
  /** [images, channels, height, width], of one channel (grey) or three. Default: those of the data evaluated. */
  readonly images?: ShapedValues;
  /** The values that are black and white. Default [0, 1]. */
  readonly range?: readonly [low: number, high: number];
  /** Pictures side by side, on a phone as on a desk, where a row belongs together. Default: as many as there is room for. */
  readonly columns?: number;
}

export interface Picture {
  /** Position in the images, from 0. */
  readonly example: number;
  readonly caption: readonly CaptionLine[];
}

/** `label value`, or `value` alone. */
export interface CaptionLine {
  readonly label?: string;
  readonly value: string;
  readonly tone?: 'right' | 'wrong' | 'quiet';
}

/**
 * A part of a report. {@link Evaluation.sections} gives them; `@hebb/report` shows them, and a section of your own is one more object:
 *
 * ```ts
 * const section: Section = { kind: 'text', title: 'Note', text: 'Measured on the second camera.' };
 * section.title; // 'Note'
 * ```
 */
export type Section =
  | FiguresSection
  | TextSection
  | TableSection
  | ChartSection
  | MatrixSection
  | HeatmapSection
  | PassageSection
  | MelodySection
  | PicturesSection;
