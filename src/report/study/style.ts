import { colourVariables } from "./palette.ts";

/** The look of a report: one column, light or dark as the reader's system is, always light on paper. */
export const pageStyle = `
:root{color-scheme:light dark;${colourVariables("light")}}
@media screen and (prefers-color-scheme:dark){:root{${colourVariables("dark")}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:68rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3rem}
footer{padding-top:2rem;padding-bottom:4rem;color:var(--quiet);font-size:.875rem}
h1,h2,h3{line-height:1.25;text-wrap:balance;break-after:avoid}
h1{font-size:2rem;letter-spacing:-.015em;margin:0 0 .5rem}
h2{font-size:1.5rem;letter-spacing:-.01em;margin:4rem 0 .75rem;padding-top:1.5rem;border-top:1px solid var(--line)}
h3{font-size:1.125rem;margin:2.75rem 0 .5rem}
p,.notes{max-width:44rem;margin:.5rem 0}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.15em}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
pre{margin:1rem 0;padding:1rem 1.125rem;background:var(--wash);border-radius:6px;overflow-x:auto}
.facts,.quiet{color:var(--quiet)}
.facts{margin:0 0 1rem}
.question{color:var(--quiet);margin-bottom:.25rem}
.answer{font-size:1.0625rem;line-height:1.55;margin-top:0}
.warn{border-left:3px solid var(--look-1);padding-left:.875rem}
.toc ul{list-style:none;margin:.5rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem}
.answers{margin:1.5rem 0 0;padding:0}
.answers>div{padding:1rem 0;border-top:1px solid var(--line)}
.answers dt{color:var(--quiet);max-width:44rem}
.answers dd{margin:.25rem 0 0;max-width:50rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.75rem 2rem;margin:1.25rem 0}
.figures.three{grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr))}
.figures.one{grid-template-columns:minmax(0,34rem);align-content:start}
@media screen and (min-width:64rem){.overview{display:grid;grid-template-columns:minmax(0,1fr) 27rem;gap:0 3rem}.overview .figures{position:sticky;top:1rem;align-self:start}}
figure{margin:0;min-width:0;break-inside:avoid}
figure svg{display:block;width:100%;height:auto;max-width:36rem}
.three figure svg{max-width:24rem}
figure svg text{font-family:inherit}
figcaption{color:var(--quiet);font-size:.875rem}
.scroll{overflow-x:auto;margin:.25rem 0 1.5rem}
.scroll:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.9375rem;font-variant-numeric:tabular-nums;line-height:1.4}
.caption{max-width:none;color:var(--quiet);font-size:.875rem;margin:1rem 0 0;break-after:avoid}
th,td{padding:.4rem 1.25rem .4rem 0;text-align:left;vertical-align:baseline;white-space:nowrap;font-weight:normal;border-bottom:1px solid var(--line)}
td.long{white-space:normal;min-width:16rem;max-width:30rem}
thead th{color:var(--quiet);font-size:.875rem;border-bottom-color:var(--strong-line);vertical-align:bottom}
tbody th{font-weight:500;position:sticky;left:0;background:var(--paper)}
.number{text-align:right}
.caution{color:var(--quiet);font-size:.875rem;margin:-.75rem 0 1rem}
details{margin:1rem 0}
summary{cursor:pointer;color:var(--link);padding:.25rem 0}
.notes{font-size:.9375rem}
.notes dt{font-weight:600;margin-top:.75rem}
.notes dd{margin:0;color:var(--quiet)}
.example{font-size:.9375rem}
.missing{padding:1rem;border:1px dashed var(--strong-line);border-radius:6px;color:var(--quiet);font-size:.9375rem}
@media (max-width:40rem){main,header,footer{padding-left:1rem;padding-right:1rem}header{padding-top:1.75rem}h1{font-size:1.625rem}h2{font-size:1.3rem;margin-top:3rem}}
@media print{@page{margin:16mm}body{font-size:10pt}main,header,footer{max-width:none;padding:0}.toc{display:none}.scroll{overflow:visible}table{font-size:8pt;break-inside:auto}tr{break-inside:avoid}th,td{white-space:normal;padding-right:.75rem}.figures{grid-template-columns:repeat(2,1fr);gap:1rem}.figures.three{grid-template-columns:repeat(3,1fr)}.figures.one{grid-template-columns:12cm}thead th,.caption{font-size:8pt}details::details-content{content-visibility:visible;block-size:auto}summary{color:var(--ink);list-style:none}a{color:inherit;text-decoration:none}pre{white-space:pre-wrap}}
`.trim();
