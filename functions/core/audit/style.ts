/** How the report of an audit pack looks: on a screen, and on A4. */
import { Html } from '#core/audit/html.ts'

export const STYLE = new Html(`
@page { size: A4; margin: 18mm 16mm 20mm }
:root { color-scheme: light; --ink: #1b2430; --dim: #566272; --line: #d5dbe2; --look: #a33b00; --none: #5b4a8a }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 52rem; padding: 2rem 1.25rem; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .75rem }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; padding-top: .75rem; border-top: 2px solid var(--ink) }
h3 { font-size: 1rem; margin: 0 0 .4rem }
h3 span { display: inline-block; min-width: 4.5rem; margin-right: .25rem; color: var(--dim) }
p { margin: 0 0 .75rem }
.site { color: var(--dim); margin: 0 0 .25rem }
em { color: var(--dim) }
article { margin: 0 0 1.5rem; break-inside: avoid }
ul { list-style: none; margin: 0 0 .6rem; padding: 0 }
li { padding: .15rem 0 .15rem 6rem; text-indent: -6rem }
li b { display: inline-block; min-width: 6rem; text-indent: 0; font-weight: 600 }
li.attention b { color: var(--look) }
li.no-data b { color: var(--none) }
.cannot { font-size: .9em }
table { width: 100%; border-collapse: collapse; margin: 0 0 1rem; font-size: .87em }
thead { display: table-header-group }
tr { break-inside: avoid }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word }
.l { overflow-wrap: anywhere; min-width: 8.5rem }
.d { white-space: nowrap }
thead th { border-bottom: 1.5px solid var(--ink) }
tbody th { font-weight: 400 }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; padding-right: 0; padding-left: .6rem }
code { font: .86em/1.4 ui-monospace, SFMono-Regular, Consolas, monospace; overflow-wrap: anywhere }
dt { color: var(--dim) }
dd { margin: 0 0 .4rem }
footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: .75rem; color: var(--dim); font-size: .87em }
@media print { body { max-width: none; padding: 0; font-size: 10pt } h2 { break-after: avoid } a { color: inherit } }
`)
