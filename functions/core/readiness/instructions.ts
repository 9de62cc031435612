/** Instructions: what a person does with a folder of drafted manifests, in order. */
import { spelledOut } from '#core/shown-label.ts'

export interface Instructed {
  from: string // YYYY-MM-DD, the days that were looked at
  through: string
  windowDays: number
  namespaces: readonly { target: string; namespace: string; notes: readonly string[] }[]
}

/** The text that lies beside the files, in Markdown. */
export function instructionsOf({ from, through, windowDays, namespaces }: Instructed): string {
  const noted = namespaces.filter(({ notes }) => notes.length > 0)
  return `# Manifests drafted for REGISTRY_ONLY

Drafted from what left the meshes from ${from} through ${through}. Each file says at its head what to check in it.
Nothing here approves anything: whether a destination may be called is for a person to say.

Below each target's folder:

1. \`allow/\`: ServiceEntries for what is called and not declared. Check each, then apply them:
   \`kubectl apply -R -f <target>/allow\`. They take nothing away; what was passed through is then registered.
2. Let ${windowDays} days go by, draft again, and add what is new.
3. \`scope/\`: a Sidecar for each namespace, with REGISTRY_ONLY. It locks the namespace, so apply it last, one namespace at a
   time: \`kubectl apply -f <target>/scope/<namespace>\`. To take it back, delete the Sidecar.
4. \`encrypt/\`: optional, for hosts that are called in plaintext. Each file says with what it is applied together. The server
   must speak TLS on port 443.

Monthly and yearly jobs that did not run in these days are not among what was seen.
${noted.length === 0 ? '' : `\n## What no file here does\n${noted.map(notesOf).join('')}`}`
}

/** Indented by four spaces, so that nothing in them is read as Markdown. */
function notesOf({ target, namespace, notes }: Instructed['namespaces'][number]): string {
  const title = `${target} ${namespace === '' ? '(unknown)' : namespace}`
  return `\n    ${spelledOut(title)}:\n${notes.map((note) => `    - ${spelledOut(note)}\n`).join('')}`
}
