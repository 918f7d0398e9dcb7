/** `@hebb/report`: a training run and an evaluation as one HTML page. */
export { ReportError } from './errors.ts';
export type { Facts, OnnxComparison, OnnxVerification, ReportOptions } from './options.ts';
export { reportHtml } from './report.ts';
export { writeReport } from './write.ts';
export { plotSchedule, type PlotScheduleOptions, type PlottedSchedule } from './schedule-plot.ts';
export { drawSummary } from './draw-summary.ts';
