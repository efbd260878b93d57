export { type AlphaChart, alphaChart } from './alpha-chart.ts';
export { type CellDrawingOptions, cellSvg } from './cell-svg.ts';
export { htmlReport } from './html-report.ts';
export { type LineChart, lineChart, type Series } from './line-chart.ts';
export { recordsCsv } from './records-csv.ts';
export type { Baseline, Contender, Json, RoundRecord, RunReport } from './run-report.ts';
export { type StripPlot, stripPlot } from './strip-plot.ts';
export { verdict } from './verdict.ts';
