/**
 * Secrets of the studio, encrypted by the system (Keychain, DPAPI, a keyring) and kept as one small file beside the
 * window's own. Where the system has nothing to encrypt with, nothing is kept: Chromium's fallback on Linux, `basic_text`,
 * is plain text with a known password.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Vault } from '../service/types.ts'

/** The part of Electron's safeStorage that is used; `getSelectedStorageBackend` is there on Linux alone. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean
  getSelectedStorageBackend?(): string
  encryptString(text: string): Buffer
  decryptString(bytes: Buffer): string
}

const fileSchema = z.record(z.string(), z.string())

export function openVault(path: string, safe: SafeStorage, platform: string): Vault {
  function state(): { usable: boolean; why: string } {
    const no = (why: string): { usable: boolean; why: string } => ({ usable: false, why })
    const instead = 'Give it for this run, or set TANDEM_JUDGE_KEY before the studio starts.'
    if (!safe.isEncryptionAvailable()) return no(`This system cannot encrypt it. ${instead}`)
    const backend = platform === 'linux' ? safe.getSelectedStorageBackend?.() : 'system'
    if (backend === undefined || backend === 'basic_text' || backend === 'unknown')
      return no(`This system has no keyring, so that it would lie on the disk as good as readable. ${instead}`)
    return { usable: true, why: '' }
  }

  function read(): Record<string, string> {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch {
      return {}
    }
  }

  function write(secrets: Readonly<Record<string, string>>): void {
    mkdirSync(dirname(path), { recursive: true })
    const temporary = `${path}.new`
    writeFileSync(temporary, JSON.stringify(secrets), { mode: 0o600, flush: true })
    chmodSync(temporary, 0o600)
    renameSync(temporary, path)
  }

  return {
    state: () => Promise.resolve(state()),
    get(name) {
      const found = read()[name]
      if (found === undefined || !state().usable) return Promise.resolve(null)
      try {
        return Promise.resolve(safe.decryptString(Buffer.from(found, 'base64')))
      } catch {
        // Encrypted by another user or another installation: not ours any more.
        return Promise.resolve(null)
      }
    },
    put(name, secret) {
      if (!state().usable) return Promise.reject(new Error('there is nothing to encrypt with'))
      try {
        write({ ...read(), [name]: safe.encryptString(secret).toString('base64') })
        return Promise.resolve()
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error('not written'))
      }
    },
    remove(name) {
      const { [name]: gone, ...rest } = read()
      if (gone !== undefined) write(rest)
      return Promise.resolve()
    },
  }
}
