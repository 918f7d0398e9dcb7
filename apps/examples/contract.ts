/** What an example is, and what it is given by whoever runs it. */
export type { Example, ExampleKit, Level, MetricOptions, Target } from '@hebb/app-support';
