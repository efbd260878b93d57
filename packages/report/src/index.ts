export { type AlphaChart, alphaChart } from './alpha-chart.ts';
export { type Bar, type BarChart, barChart } from './bar-chart.ts';
export { type CellDrawingOptions, cellSvg } from './cell-svg.ts';
export { formatLarge, formatSeconds } from './format-number.ts';
export { htmlReport } from './html-report.ts';
export { type LineChart, lineChart, type Series } from './line-chart.ts';
export { element, escapeText } from './markup.ts';
export { figure, numbersTable, outcome, page, section } from './page.ts';
export {
  type Preview,
  type PreviewPicture,
  type PreviewSample,
  type PreviewTile,
  type PreviewView,
  previewPage,
} from './preview-page.ts';
export { recordsCsv } from './records-csv.ts';
export { type RooflineChart, type RooflinePoint, rooflineChart } from './roofline-chart.ts';
export type { Baseline, Contender, Json, RoundRecord, RunReport } from './run-report.ts';
export { type StripPlot, stripPlot } from './strip-plot.ts';
export { verdict } from './verdict.ts';
