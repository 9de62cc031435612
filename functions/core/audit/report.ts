/** The report of an audit pack: one page of HTML without scripts, made to be printed on A4 or kept as PDF. */
import { type Audit, type AuditFigures, auditedEntries, auditFigures } from '#core/audit/audit.ts'
import { type Control, FRAMEWORKS } from '#core/audit/frameworks.ts'
import { type Content, type Html, html } from '#core/audit/html.ts'
import { type Statement, statementsOf } from '#core/audit/statements.ts'
import { STYLE } from '#core/audit/style.ts'
import { grouped, short } from '#core/figures.ts'
import type { Totals } from '#core/report.ts'
import { attempts } from '#core/totals.ts'

/** How many rows of a table are printed; the rest is in its CSV. */
const ROWS = 60

export function auditReport(audit: Audit): string {
  const framework = FRAMEWORKS[audit.framework]
  const figures = auditFigures(audit)
  const statements = statementsOf(audit)
  const heading = `Egress audit, ${audit.from} to ${audit.through}`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${heading} · ${audit.title}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="site">${audit.title}</p>
<h1>${heading}</h1>
<p>For <strong>${framework.title}</strong>, of ${audit.targets.join(', ')}. Days are UTC. ${audit.ledgerFrom > audit.from ? `The ledger begins on ${audit.ledgerFrom}; of the days before it there is nothing. ` : ''}${framework.scope}</p>
<p>This report tells what was counted and declared. It says of no requirement that it is met: that is for the assessor to say, who
also sees what no ledger of traffic can show. Every figure can be followed into the files beside this page, and those into the sealed records.</p>
</header>
${inShort(audit, figures)}
<section>
<h2>${framework.title}</h2>
${framework.controls.map((control) =>
  controlSection(
    control,
    control.shows.flatMap((name) => statements[name]),
  ),
)}
</section>
${exceptions(audit, figures)}
${register(audit)}
${proof(audit)}
<footer><p>Made by Wharfage from ${grouped(audit.coverage.length)} hours of records. README.md beside this page says how to verify it, and what the method cannot see.</p></footer>
</body>
</html>
`.text
}

function inShort(audit: Audit, figures: AuditFigures): Html {
  const { byApproval, byTls, hours } = figures
  const sign = figures.isComplete ? '' : '≥ '
  const all = hours.observed + hours.partial + hours.none + hours.pending
  const rows: [string, Totals][] = [
    ['Approved', byApproval.approved],
    ['Not approved', byApproval.unapproved],
    ['After its approval had ended', byApproval.expired],
    ['Together, what left', figures.left],
    ['of it, encrypted by the proxy', byTls.originated],
    ['of it, encrypted by the application', byTls.application],
    ['of it, in plaintext', byTls.plaintext],
    ['of it, not known', byTls.unknown],
  ]
  return html`<section>
<h2>In short</h2>
<table>
<thead><tr><th scope="col">What</th><th scope="col" class="n">Requests</th><th scope="col" class="n">Connections</th><th scope="col" class="n">Bytes out</th></tr></thead>
<tbody>
${rows.map(([name, totals]) => html`<tr><th scope="row">${name}</th>${figureCells(totals, sign)}</tr>\n`)}
<tr><th scope="row">Refused by the mesh</th><td class="n">${sign}${grouped(byApproval.blocked.requests)}</td><td class="n">${sign}${grouped(byApproval.blocked.connections)}</td><td class="n">–</td></tr>
</tbody>
</table>
<p>${grouped(hours.observed)} of ${grouped(all)} hours were observed whole${hours.observed === all ? '' : `, ${grouped(hours.partial)} in part, ${grouped(hours.none + hours.pending)} not at all; sums are lower bounds, marked ≥`}.
${audit.findings.length === 0 ? 'Nothing was found.' : `${grouped(figures.findings.open)} findings are open, ${grouped(figures.findings.accepted)} accepted, ${grouped(figures.findings.gone)} gone.`}</p>
</section>
`
}

function figureCells({ requests, connections, egressBytes }: Totals, sign: string): Html {
  return html`<td class="n">${sign}${grouped(requests)}</td><td class="n">${sign}${grouped(connections)}</td><td class="n">${sign}${short(egressBytes, 'bytes')}</td>`
}

const MARKS = { figure: 'Shown', attention: 'Look at', 'no-data': 'No data' }

function controlSection({ number, topic, asks, cannot }: Control, statements: readonly Statement[]): Html {
  return html`<article>
<h3><span>${number}</span> ${topic}</h3>
<p><em>Asks, in our words:</em> ${asks}</p>
<ul>
${statements.map(({ kind, text }) => html`<li class="${kind}"><b>${MARKS[kind]}</b> ${text}</li>\n`)}</ul>
<p class="cannot"><em>Cannot be shown here:</em> ${cannot}</p>
</article>
`
}

function exceptions({ tally, findings }: Audit, { isComplete }: AuditFigures): Html {
  const sign = isComplete ? '' : '≥ '
  const flows = tally.flows.filter(({ state }) => state !== 'blocked')
  const shown = flows.toSorted(
    (a, b) => b.totals.egressBytes - a.totals.egressBytes || attempts(b.totals) - attempts(a.totals),
  )
  const open = findings.filter(({ state }) => state === 'open')
  const accepted = findings.filter(({ state }) => state === 'accepted')
  return html`<section>
<h2>What was not approved</h2>
${
  flows.length === 0
    ? html`<p>Nothing was observed to leave without an approval that held.</p>`
    : html`${beyond(shown.length, 'exceptions.csv')}<table>
<thead><tr><th scope="col">Workload</th><th scope="col">Destination</th><th scope="col">Why</th><th scope="col" class="n">Days</th><th scope="col" class="n">Requests</th><th scope="col" class="n">Connections</th><th scope="col" class="n">Bytes out</th></tr></thead>
<tbody>
${shown.slice(0, ROWS).map((flow) => html`<tr><td class="l">${`${flow.target}: ${flow.namespace}/${flow.workload || 'unknown'}`}</td><td class="l">${flow.host || 'a name nobody knows'}</td><td>${flow.reason}</td><td class="n">${flow.days}</td>${figureCells(flow.totals, sign)}</tr>\n`)}</tbody>
</table>`
}
<h2>Findings that are open</h2>
${
  open.length === 0
    ? html`<p>None.</p>`
    : html`${beyond(open.length, 'findings.csv')}<table>
<thead><tr><th scope="col">Severity</th><th scope="col">Finding</th><th scope="col">Since</th><th scope="col">What to do</th></tr></thead>
<tbody>
${open.slice(0, ROWS).map(({ id, severity, sentence, first, last, remedy }) => html`<tr><td>${severity}<br><code>${id}</code></td><td class="l">On ${last}: ${sentence}</td><td class="d">${first}</td><td class="l">${remedy}</td></tr>\n`)}</tbody>
</table>`
}
<h2>Findings that somebody accepts</h2>
${
  accepted.length === 0
    ? html`<p>None.</p>`
    : html`${beyond(accepted.length, 'exceptions.csv')}<table>
<thead><tr><th scope="col">Finding</th><th scope="col">By</th><th scope="col">Until</th><th scope="col">Why</th></tr></thead>
<tbody>
${accepted.slice(0, ROWS).map(({ sentence, last, acceptance }) => html`<tr><td class="l">On ${last}: ${sentence}</td><td>${acceptance?.by ?? ''}</td><td class="d">${acceptance?.until ?? ''}</td><td>${acceptance?.why ?? ''}</td></tr>\n`)}</tbody>
</table>`
}
</section>
`
}

function register(audit: Audit): Html {
  const entries = auditedEntries(audit)
  const last = audit.registers.at(-1)
  if (last === undefined) {
    return html`<section>\n<h2>The register</h2>\n<p>No register was declared for any of these days.</p>\n</section>\n`
  }
  const versions =
    audit.registers.length === 1
      ? 'It did not change on these days'
      : `It changed ${audit.registers.length - 1} times on these days; register.csv has each version`
  return html`<section>
<h2>The register on ${last.last}</h2>
<p>${versions}. Recorded ${last.recorded}, declared from ${last.declaredFrom}${last.isLater ? ', and so for later days only' : ''}; SHA-256 <code>${last.sha256}</code>.</p>
${beyond(entries.length, 'register.csv')}<table>
<thead><tr><th scope="col">Entry</th><th scope="col">Destination</th><th scope="col">Need, owner</th><th scope="col">Approved</th><th scope="col">Review due</th><th scope="col">State</th></tr></thead>
<tbody>
${entries.slice(0, ROWS).map(({ entry, state, dueBy }) => html`<tr><td>${entry.name}</td><td class="l">${entry.destination}</td><td>${[entry.need || 'no need given', entry.owner || 'no owner'].join('; ')}</td><td>${entry.approvedBy === '' ? 'by nobody' : `${entry.approvedOn}, ${entry.approvedBy}`}</td><td class="d">${dueBy || '–'}</td><td>${state}</td></tr>\n`)}</tbody>
</table>
</section>
`
}

function proof({ seals, keys, ledgerFrom }: Audit): Html {
  const [first, newest] = [seals[0], seals[seals.length - 1]]
  const signed = seals.filter(({ keyId }) => keyId !== '').length
  return html`<section>
<h2>Proof</h2>
<p>The ledger begins on ${ledgerFrom}. ${grouped(seals.length)} seals lie in this pack, of ${first.date} through ${newest.date}; ${signed === seals.length ? 'all are' : `${grouped(signed)} are`} signed.
A signature says who vouches for a seal, and not since when.</p>
<dl>
<dt>Seal of ${first.date}</dt><dd><code>${first.sha256}</code></dd>
<dt>Seal of ${newest.date}</dt><dd><code>${newest.sha256}</code></dd>
${keys.map((keyId): Content => html`<dt>Public key</dt><dd><code>${keyId}</code></dd>\n`)}</dl>
</section>
`
}

function beyond(count: number, file: string): Html | null {
  return count <= ROWS ? null : html`<p>The first ${ROWS} of ${grouped(count)}; all are in ${file}.</p>`
}
