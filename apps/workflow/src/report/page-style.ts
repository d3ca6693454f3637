/**
 * How the page looks, in light and dark, at 320 pixels and on paper.
 */

/** The style sheet. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--ink:light-dark(#1b2430,#e6e9ee);--soft:light-dark(#5b6675,#a4adba);--line:light-dark(#d9dee5,#39424f);--paper:light-dark(#fff,#14181f);--a:light-dark(#0b6bcb,#6bb1ff);--b:light-dark(#b35900,#ffab5c);--c:light-dark(#1b7f4d,#5fd39a);--limit:light-dark(#c0242d,#ff7b81)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1024px;padding:16px;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0;font-size:1.6rem;overflow-wrap:anywhere}h2{margin:28px 0 4px;font-size:1.1rem}header p{margin:4px 0;color:var(--soft);overflow-wrap:anywhere}
header .verdict{color:var(--ink);font-size:1.1rem}
svg{display:block;width:100%;min-width:560px;height:auto}section{overflow-x:auto}svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
.grid{stroke:var(--line);stroke-width:1}.line{fill:none;stroke-width:2;stroke-linejoin:round}
.line.a{stroke:var(--a)}.line.b{stroke:var(--b);stroke-dasharray:7 3}.line.c{stroke:var(--c);stroke-dasharray:2 2}line.limit{stroke:var(--limit);stroke-width:2}
.legend{margin:0;display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--soft);font-size:.9rem}.key::before{content:"";display:inline-block;width:22px;margin-right:6px;vertical-align:middle;border-top:3px solid currentColor}
.key.a::before{border-color:var(--a)}.key.b::before{border-color:var(--b);border-top-style:dashed}.key.c::before{border-color:var(--c);border-top-style:dotted}.key.limit::before{border-color:var(--limit)}
table{border-collapse:collapse;width:100%}th,td{padding:6px 8px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400;overflow-wrap:anywhere}th{color:var(--soft);width:40%}
pre{overflow:auto;padding:12px;border:1px solid var(--line);border-radius:6px;font-size:.85rem}
@media print{body{max-width:none}section{break-inside:avoid}}
`;
