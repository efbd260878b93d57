import { colourProperties } from './palette.ts';

/** The style of the drawings, for a page (`:root`) or for a picture that stands alone (`svg`). */
export function drawingStyle(selector: string): string {
  return `${colourProperties(selector)}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
svg .small{font-size:9.5px}
svg .edge{fill:none;stroke-width:2}
svg .joins{fill:none;stroke:var(--quiet);stroke-width:1;stroke-opacity:.55}
svg .ground{fill:var(--page)}
svg .op text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;text-anchor:middle}
svg .input text,svg .node text,svg .output text{text-anchor:middle;font-size:13px}
svg .input rect,svg .output rect{fill:var(--panel);stroke:var(--quiet)}
svg .node rect{fill:var(--page);stroke:var(--ink);stroke-width:1.5}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .axis text,svg .quiet{fill:var(--quiet);font-size:11px}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
svg .thin{stroke-width:1.2}
svg .bold{stroke-width:2.4}
svg .reference{stroke:var(--quiet);stroke-width:1.2;stroke-dasharray:2 4}
svg .leader{fill:none;stroke-width:1;stroke-opacity:.6}
svg .panel{fill:var(--panel)}
svg .strong{font-weight:600}
`;
}

/** The style of the page around them. */
export const PAGE_STYLE = `${drawingStyle(':root')}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 28px 72px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:19px;margin:52px 0 6px;padding-top:18px;border-top:1px solid var(--rule)}
h3{font-size:14px;margin:0 0 4px;font-weight:600}
p{margin:6px 0;max-width:74ch}
.quiet{color:var(--quiet)}
.figures{display:flex;flex-wrap:wrap;gap:24px 48px;margin:28px 0 0}
.figures div{min-width:110px}
.figures dt{color:var(--quiet);font-size:13px}
.figures dd{margin:0;font-size:26px;line-height:1.25;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.figures dd small{display:block;font-size:13px;letter-spacing:0;color:var(--quiet)}
.note{margin:20px 0 0;padding:12px 16px;border-left:4px solid var(--op-avg-pool);background:var(--panel);max-width:none}
.note p{margin:2px 0}
.charts{display:flex;flex-wrap:wrap;gap:28px 24px;margin-top:16px}
figure{margin:0;max-width:100%}
figcaption{font-size:13px;color:var(--quiet);max-width:74ch}
.wide{overflow-x:auto;margin-top:16px}
.cells{display:flex;flex-wrap:wrap;gap:24px 40px;margin-top:16px}
.cells figure{overflow-x:auto}
svg{display:block;max-width:none;height:auto}
.charts svg{max-width:100%}
pre{margin:6px 0 16px;padding:12px 16px;background:var(--panel);border-radius:6px;font:12.5px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
pre .whole{white-space:nowrap}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:0 0 4px}
th,td{text-align:left;vertical-align:top;padding:3px 18px 3px 0;border-bottom:1px solid var(--rule);font-weight:400}
th{color:var(--quiet)}
td{overflow-wrap:anywhere}
.rounds th,.rounds td{text-align:right;white-space:nowrap}
.named th:first-child{text-align:left}
.settings{columns:2;column-gap:48px;margin-top:16px}
.settings table{width:100%;break-inside:avoid;margin-bottom:22px}
.settings th{width:44%}
summary{cursor:pointer;margin-top:20px}
@media (max-width:720px){.settings{columns:1}main{padding:24px 16px 48px}}
@media print{details{display:none}h2{break-after:avoid}figure,.wide{break-inside:avoid}}
`;
