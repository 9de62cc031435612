/** The pack's own instructions: what is in it, how to verify it with this program and without, and what the method cannot see. */
import type { Audit } from '#core/audit/audit.ts'
import { FRAMEWORKS } from '#core/audit/frameworks.ts'

/** What of an audit is known before its days are judged. */
export type ReadmeAudit = Pick<
  Audit,
  'title' | 'framework' | 'from' | 'through' | 'ledgerFrom' | 'targets' | 'seals' | 'keys' | 'manifestKey'
>

/** README.md: each block of commands is meant to be run in the unpacked folder as it stands. */
export function auditReadme(audit: ReadmeAudit): string {
  const { title, framework, from, through, ledgerFrom, targets, seals } = audit
  const begins =
    ledgerFrom > from ? `\n\nThe ledger begins on ${ledgerFrom}: of the days before it there is nothing.` : ''
  return `# Egress of ${targets.join(', ')}, ${from} to ${through}

${title}: an audit pack for ${FRAMEWORKS[framework].title}, of the days ${from} through ${through}, UTC.${begins}

## What is in it

| file | holds |
|---|---|
| report.html | the framework's requirements, what the ledger shows for each, and what it cannot show; made to be printed |
| summary.csv | every day: what left, by approval, encryption, evidence and declared place; findings open; what it was judged by |
| flows.csv | every day and every flow, with what was judged of it |
| findings.csv | every finding of these days, as of the last of them |
| register.csv, register.json | the egress register as it stood on each change, with its approvals |
| exceptions.csv | what was not approved, what was accepted and until when, what waits for a review |
| coverage.csv | every hour of every mesh: observed, in part, or not at all, and why |
| declarations/ | Istio's configuration, the register and the rules of findings, each as it was recorded |
| seals/, keys/ | the seals of these days, their signatures, and the public keys that these name |
| rollups/ | the records themselves, one Parquet file for each mesh and hour |
| MANIFEST.sha256 | the SHA-256 of every other file${audit.manifestKey === null ? '' : '; MANIFEST.sha256.sig is its signature'} |

In CSV an empty cell is what nobody knows, or what does not apply; a zero was counted. A text that a spreadsheet would take for a
formula has a \`'\` before it. Times are UTC, and periods half-open. Sums over hours that were not observed whole are lower bounds.

## Verify it

**1. Every file is as it was packed.** In this folder:

\`\`\`sh
sha256sum --check --quiet MANIFEST.sha256 && echo "all files are as they were packed"
\`\`\`
${manifestStep(audit)}
**${audit.manifestKey === null ? 2 : 3}. The records are those that were sealed.** With this program, of the same or a later version, and without a network:

\`\`\`sh
npx wharfage verify --store . --part${keyOption(audit)}
\`\`\`

It walks the chain of rollups and of seals, and holds both against each other${seals.some(({ keyId }) => keyId !== '') ? ' and against the signatures' : ''}. The first seal here, of ${seals[0].date}, is
the last one before these days, and is taken at its word; its SHA-256 is

    ${seals[0].sha256}

and that of the newest, of ${seals[seals.length - 1].date},

    ${seals[seals.length - 1].sha256}

Whoever was given one of them at its time, by mail or on paper, can compare it here, or say \`--seal SHA256\` above.
${keysText(audit)}
### The same with nothing but a shell${audit.keys.length === 0 ? '' : ' and openssl'}

Each seal names the SHA-256 of the one before:

\`\`\`sh
previous=
for seal in seals/*/seal.json; do
  named=$(sed -n '/"previous": {/,/}/s/.*"sha256": "\\([0-9a-f]*\\)".*/\\1/p' "$seal")
  [ -z "$previous" ] || [ "$named" = "$previous" ] || echo "BROKEN: $seal does not name the one before it"
  previous=$(sha256sum < "$seal" | cut -c 1-64)
done
echo "newest seal: $previous"
\`\`\`

Each seal names the newest rollup of every mesh, and its SHA-256:

\`\`\`sh
for seal in seals/*/seal.json; do
  sed -n '/"head": {/,/}/{s/.*"key": "\\(.*\\)",/\\1/p;s/.*"sha256": "\\([0-9a-f]*\\)".*/\\1/p}' "$seal" |
    while read -r key && read -r sha256; do echo "$sha256  $key"; done
done | sha256sum --check --quiet && echo "all rollups that seals name are as they were sealed"
\`\`\`

Each rollup names the SHA-256 of the one before it, in clear text near its end:

\`\`\`sh
for target in rollups/target=*; do
  previous=
  for rollup in "$target"/*/*/rollup.parquet; do
    named=$(LC_ALL=C grep -aoE 'previousSha256[^0-9a-f]+[0-9a-f]{64}' "$rollup" | LC_ALL=C grep -aoE '[0-9a-f]{64}$')
    [ -z "$previous" ] || [ "$named" = "$previous" ] || echo "BROKEN: $rollup does not name the one before it"
    previous=$(sha256sum < "$rollup" | cut -c 1-64)
  done
  echo "\${target#rollups/target=}: walked"
done
\`\`\`
${signatureSteps(audit)}
### What follows from it

- A rollup's hash pins every rollup before it, and a seal's hash every seal before it. Who holds one hash from elsewhere knows that
  nothing before it was altered, removed or inserted, even by somebody who can write the whole ledger.
- A signature says who vouches for a seal, and not since when: a seal may be signed long after its day. What bounds the time is what
  was kept elsewhere at that time.
- The tables and the report are made from the rollups and the declarations here, and, for what is new in these days and since
  when, from the days of the ledger before them. Whoever has the ledger makes the same files, to the byte, with
  \`wharfage audit --from ${from} --to DAY-AFTER --framework ${framework}\`.
- Declarations are as people wrote them, and each says when the ledger recorded it. A day for which nothing had been recorded is
  judged by what was declared first, which summary.csv marks as judgedByLater. Somebody may also declare what held on days that
  are over: it marks those as recordedAfter.

## What the method cannot see

- Traffic that passes no proxy of the mesh: pods on the host's network, ports and addresses excluded from redirection, UDP and QUIC,
  pods outside the mesh. In ambient mode ztunnel does not enforce REGISTRY_ONLY: that nothing was refused does not mean that
  nothing left.
- What a proxy counted after the last scrape before it ended, and hours nobody observed: coverage.csv tells which, and sums over them
  are lower bounds.
- Content. Bytes are counted between application and proxy; HTTP bytes are estimates by Envoy, requests and TCP bytes exact counts.
- Where a destination really is, and who runs it. Provider, country and region are declarations in the register.
- Whether a name is true that the client wrote itself: flows.csv grades the evidence of each name, A (declared, and chosen by the
  proxy) to E (unknown).
- Whether somebody outside of this ledger approved, reviewed or accepted what nobody wrote into the register or the rules.
`
}

function manifestStep({ manifestKey }: ReadmeAudit): string {
  if (manifestKey === null) return ''
  const key = `keys/${manifestKey.keyId}.pem`
  const command =
    manifestKey.algorithm === 'Ed25519'
      ? `openssl pkeyutl -verify -pubin -inkey ${key} -rawin -in MANIFEST.sha256 -sigfile MANIFEST.sha256.sig`
      : `openssl dgst -sha256 -verify ${key} -signature MANIFEST.sha256.sig MANIFEST.sha256`
  return `
**2. The list of files is the one that was signed**, by a key that you know from elsewhere:

\`\`\`sh
${command}
\`\`\`
`
}

/** The keys' own names are their hashes, so that one file holds them all. */
function keyOption({ keys, seals }: ReadmeAudit): string {
  if (keys.length === 0 || seals.some(({ keyId }) => keyId === '')) return ''
  return keys.length === 1 ? ` --key keys/${keys[0]}.pem` : ' --key keys.pem'
}

function keysText({ keys, seals }: ReadmeAudit): string {
  const unsigned = seals.filter(({ keyId }) => keyId === '').length
  const told = keys.map((keyId) => `    ${keyId}\n`).join('')
  const many = keys.length > 1 ? `\n\`cat keys/*.pem > keys.pem\` puts them into one file for the command above.\n` : ''
  const some =
    keys.length === 0
      ? '\nNo seal here is signed: the chain proves that these records belong together, and not who vouches for them.\n'
      : `
Signatures are by these public keys. **A key that lies in this folder proves nothing by itself**: compare it with the one that the
operator gave you, or that stands on the ledger's pages. A key's name is the SHA-256 of its DER,
\`openssl pkey -pubin -in keys/NAME.pem -outform DER | sha256sum\`:

${told}${many}`
  return unsigned > 0 && keys.length > 0
    ? `${some}\n${unsigned} of the ${seals.length} seals here have no signature.\n`
    : some
}

function signatureSteps({ keys, seals }: ReadmeAudit): string {
  if (!seals.some(({ keyId }) => keyId !== '') || keys.length === 0) return ''
  return `
Each signature is over the bytes of its seal, by Ed25519, or by ECDSA on P-256 with SHA-256:

\`\`\`sh
for file in seals/*/seal.sig; do
  seal=\${file%.sig}.json
  key=keys/$(sed -n 's/.*"keyId": "\\([0-9a-f]*\\)".*/\\1/p' "$file").pem
  signature=$(mktemp)
  sed -n 's/.*"signature": "\\(.*\\)".*/\\1/p' "$file" | base64 -d > "$signature"
  if grep -q '"Ed25519"' "$file"
  then openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$seal" -sigfile "$signature" > /dev/null
  else openssl dgst -sha256 -verify "$key" -signature "$signature" "$seal" > /dev/null
  fi || echo "BAD SIGNATURE: $seal"
  rm "$signature"
done
echo "signatures: walked"
\`\`\`
`
}
