/** The report's style: calm, figures aligned, light and dark, from 320 pixels to paper. */
export const STYLE = `
:root{--page:#f5f6f7;--card:#fff;--ink:#1c2127;--soft:#57606a;--rule:#dfe3e8;--grid:#eceff2;--bad:#b3261e;--good:#1a7048;
--open:#8a5a00;--bad-wash:#fdf1f0;--good-wash:#eff8f3;--open-wash:#fdf6e7;--link:#0b5cad;
--c0:#2f6fc0;--c1:#d9822b;--c2:#2a9d94;--c3:#8a63c9;--c4:#b8860b;--c5:#c2477f;--c6:#5b7083;--c7:#6b8e23;color-scheme:light dark}
@media screen and (prefers-color-scheme:dark){:root{--page:#0f1317;--card:#171c22;--ink:#e7ebf0;--soft:#a4afba;--rule:#2b333c;
--grid:#222932;--bad:#ff9389;--good:#6fd6a0;--open:#ecbd55;--bad-wash:#2a1a1a;--good-wash:#14251d;--open-wash:#282113;
--link:#7db8f7;--c0:#6ea8ee;--c1:#f0a35a;--c2:#4cc4ba;--c3:#b594ea;--c4:#dcb13c;--c5:#e77fae;--c6:#9aadbd;--c7:#a5c85a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
header,main{max-width:1000px;margin:0 auto;padding:0 24px}
header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:2px 24px;padding-top:24px;color:var(--soft);font-size:14px}
header p{margin:0}
.brand{display:flex;align-items:center;gap:8px;color:var(--ink);font-weight:600;font-size:15px}
.brand svg{width:28px;height:21px;fill:none;stroke:currentColor;stroke-width:2.2}
.run b{color:var(--ink);font-weight:600;margin-right:10px}
main{padding-bottom:64px}
section{margin-top:36px}
h1{margin:14px 0 8px;font-size:clamp(22px,3.4vw,31px);line-height:1.27;font-weight:650;letter-spacing:-.012em;text-wrap:balance;max-width:32em}
h2{margin:0 0 10px;font-size:18px;font-weight:650}
h2.todo{margin:16px 0 4px;font-size:16px}
h3{margin:0;font-size:16px;font-weight:650}
p{margin:0 0 8px}
small{display:block;color:var(--soft);font-size:13px;font-weight:400;line-height:1.4}
.soft{color:var(--soft)}
ul{margin:0;padding-left:20px}
li{margin:4px 0}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
#verdict{margin-top:20px;border:1px solid var(--rule);border-radius:12px;padding:26px 28px 8px;background:var(--card)}
.badge{display:inline-block;margin:0;padding:3px 13px;border-radius:17px;font-size:15px}
.good .badge{color:var(--good);background:var(--good-wash)}
.bad .badge{color:var(--bad);background:var(--bad-wash)}
.open .badge{color:var(--open);background:var(--open-wash)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(128px,1fr));gap:0 20px;margin:22px 0 0;border-top:1px solid var(--rule);padding-top:14px}
.facts div{padding-bottom:16px}
.facts dt{color:var(--soft);font-size:13px}
.facts dd{margin:0;font-size:19px;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px 20px;margin:0 0 14px}
.scroll{overflow-x:auto}
details{margin:0 0 14px}
summary{cursor:pointer;color:var(--link);width:fit-content;padding:4px 0 8px;font-size:14px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums;overflow-wrap:normal}
section>.soft{font-size:14px}
th,td{text-align:right;padding:5px 0 5px 16px;white-space:nowrap;vertical-align:baseline;font-weight:400}
thead th{color:var(--soft);border-bottom:1px solid var(--rule);font-size:13px;vertical-align:bottom}
tbody tr+tr>*{border-top:1px solid var(--grid)}
th.name{text-align:left;padding-left:0}
tbody th.name:not(.soft){font-weight:600}
td.bad{color:var(--bad);font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:14px}
figcaption.legend{margin-top:8px;color:var(--soft)}
.legend i{display:inline-block;width:14px;height:4px;border-radius:2px;margin-right:7px;vertical-align:middle;background:currentColor}
.legend i.area{height:12px;border-radius:3px}
.quantity figcaption{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 18px;margin-bottom:8px;font-size:14px;font-variant-numeric:tabular-nums}
.plots{display:grid;grid-template-columns:2fr 1fr 1fr;gap:10px 22px}
.plot{position:relative;min-width:0}
.plot svg{display:block;width:100%;height:120px;border-bottom:1px solid var(--rule)}
.plot.trace{padding-left:60px}
.plot.energy svg{height:150px}
.plot .left{position:absolute;left:0;top:0;width:55px;height:120px;display:flex;flex-direction:column;justify-content:space-between;text-align:right;overflow-wrap:normal;white-space:nowrap}
.plot .left,.plot .below{color:var(--soft);font-size:12px;line-height:1.2;font-variant-numeric:tabular-nums}
.plot .below{display:flex;justify-content:space-between;padding-top:4px}
.plot path{vector-effect:non-scaling-stroke}
.line{fill:none;stroke:currentColor;stroke-width:1.5;stroke-linejoin:round}
.trace .line{stroke-width:1;opacity:.72}
.bars{fill:currentColor;opacity:.78}
.even{fill:none;stroke:var(--ink);stroke-width:1;stroke-dasharray:4 3;opacity:.75}
.divergent{fill:none;stroke:var(--bad);stroke-width:1.6}
.c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}
.area{color:var(--c0);fill:var(--c0);opacity:.45}
.moved{color:var(--c1)}
.rows{padding:9px 20px}
.rows div{display:grid;grid-template-columns:130px 1fr;gap:0 20px;padding:7px 0}
.rows div+div{border-top:1px solid var(--grid)}
.rows dt{color:var(--soft)}
.rows dd{margin:0;min-width:0}
@media (max-width:640px){header,main{padding-left:16px;padding-right:16px}#verdict{padding:20px 18px 4px}.card{padding:14px 16px}
.facts{grid-template-columns:1fr 1fr;gap:0 12px}.facts dd{font-size:17px}.plots{grid-template-columns:1fr 1fr;gap:12px 16px}
.plot.trace{grid-column:1/-1}.rows div{grid-template-columns:1fr}.rows dt{font-size:13px}th,td{padding-left:12px}
th.name:not(.soft){position:sticky;left:0;background:var(--card);max-width:38vw;overflow:hidden;text-overflow:ellipsis}th.name.soft{white-space:normal}}
@media print{:root{--page:#fff;color-scheme:light}header,main{max-width:none;padding:0}.card,tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
