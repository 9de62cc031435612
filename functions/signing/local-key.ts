/** A signing key in a file: PKCS#8 in PEM, Ed25519 as we make it, or ECDSA on P-256 from elsewhere. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { algorithmOf, digestOf, type PublicKey, publicKeyOf } from '#core/public-key.ts'
import type { Signer } from './signer.ts'

/** The key in a file; throws one sentence, without anything of the key, when there is none to sign with. */
export async function readLocalKey(path: string): Promise<Signer> {
  const where = `signing key ${path}`
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      throw new Error(`${where}: there is no such file; make one with "wharfage seal --new-key ${path}"`)
    }
    throw new Error(`${where} cannot be read (${code}); check who may read it`)
  }
  const key = privateKeyOf(text, where)
  const digest = digestOf(algorithmOf(key, where))
  return {
    publicKey: publicKeyOf(createPublicKey(key), where),
    sign: async (message) => sign(digest, message, key),
  }
}

function privateKeyOf(text: string, where: string): KeyObject {
  if (/ENCRYPTED/.test(text))
    throw new Error(`${where} is encrypted; give one without a passphrase, readable by you alone`)
  if (!/PRIVATE KEY/.test(text)) {
    throw new Error(`${where} holds no private key in PEM; give a file that begins -----BEGIN PRIVATE KEY-----`)
  }
  try {
    return createPrivateKey(text)
  } catch {
    throw new Error(`${where} cannot be read as a private key; restore it, or make another`)
  }
}

/** Makes an Ed25519 key in a file that must not be there yet, readable by its owner alone; gives its public key. */
export async function makeLocalKey(path: string): Promise<PublicKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const where = `signing key ${path}`
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new Error(`${where} is there already, and no key is ever written over; name another file`)
    throw new Error(`${where} cannot be written (${code}); check the folder, and who may write there`)
  }
  return publicKeyOf(publicKey, where)
}
