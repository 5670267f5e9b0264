/** How a report looks: black on white on screen and on A4, tones by colour and sign. */
import { createHash } from "node:crypto";

/** The style sheet of a report. */
export const REPORT_STYLE = `
:root{--text:#14181d;--dim:#56616d;--line:#d5dbe2;--soft:#f3f5f8;--idle:#56616d;--wait:#6a48bd;--work:#1b5cce;--good:#187a35;--warn:#8f5f00;--bad:#bf2229}
.idle{--tone:var(--idle)}.wait{--tone:var(--wait)}.work{--tone:var(--work)}.good{--tone:var(--good)}.warn{--tone:var(--warn)}.bad{--tone:var(--bad)}
*{box-sizing:border-box}
html{color-scheme:light;-webkit-text-size-adjust:100%}
body{max-width:52rem;margin:0 auto;padding:1.25rem;background:#fff;color:var(--text);font:0.9375rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1{margin:0;font-size:2rem;line-height:1.1;color:var(--tone);letter-spacing:.02em}
h2{margin:1.75rem 0 .5rem;padding-bottom:.25rem;font-size:1.0625rem;border-bottom:2px solid var(--text)}
h3{margin:1rem 0 .25rem;font-size:.9375rem}
p{margin:.25rem 0}
small,.dim{color:var(--dim);font-size:.8125rem}
code{font-family:ui-monospace,"SF Mono",Menlo,"Roboto Mono","DejaVu Sans Mono",monospace;font-size:.85em}
svg.icon{flex:none;width:1.2em;height:1.2em;vertical-align:-.25em;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
header{display:flex;gap:1rem;align-items:flex-start;padding:1rem;border:2px solid var(--tone);border-left-width:10px;border-radius:.5rem;break-inside:avoid}
header svg.icon{width:3rem;height:3rem;color:var(--tone)}
header .who{font-size:1.125rem;font-weight:600}
.word{white-space:nowrap;font-weight:600;color:var(--tone)}
.word.wraps{white-space:normal}
ul.todo{margin:.5rem 0 0;padding:0;list-style:none}
ul.todo>li{display:flex;gap:.625rem;padding:.5rem 0;border-bottom:1px solid var(--line);break-inside:avoid}
ul.todo>li>svg.icon{color:var(--tone);margin-top:.15em}
ul.todo p:first-child{margin-top:0}
table{width:100%;border-collapse:collapse;font-size:.875rem}
caption{text-align:left;color:var(--dim);font-size:.8125rem;padding-bottom:.25rem}
th,td{overflow-wrap:break-word;padding:.3rem .625rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{color:var(--dim);font-weight:400;font-size:.8125rem}
tbody th{font-weight:400;color:var(--dim);width:9.5rem}
tbody th+td{overflow-wrap:anywhere}
td.n,th.n{text-align:right;padding-right:1.25rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.serial{white-space:nowrap}
td.opt{overflow-wrap:anywhere}
tr{break-inside:avoid}
h2,h3{break-after:avoid}
.bar{display:block;width:100%;height:1.75rem;margin:.5rem 0}
.swatch{width:.8em;height:.8em;vertical-align:-.05em}
.wide{overflow-x:auto}
footer{margin-top:2rem;padding-top:.5rem;border-top:1px solid var(--line);color:var(--dim);font-size:.8125rem}
@media screen and (max-width:40rem){.stacked thead{display:none}.stacked tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}.stacked td{display:block;position:relative;padding:.125rem 0 .125rem 6.5rem;border:0;text-align:left;white-space:normal;overflow-wrap:anywhere}.stacked td::before{content:attr(data-title);position:absolute;left:0;color:var(--dim)}.stacked td[data-title=""]{padding-left:0}table:not(.stacked) .opt{display:none}tbody th{width:auto}}
@page{size:A4;margin:14mm 13mm}
@media print{body{max-width:none;padding:0;font-size:9.5pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.wide{overflow:visible}}
`;

/** The policy that a report carries: this style sheet and nothing else, wherever the file is opened. */
export const REPORT_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(REPORT_STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;
