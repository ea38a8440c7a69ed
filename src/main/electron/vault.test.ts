/** The vault: secrets come back, lie on disk encrypted, and are refused where the system has nothing to encrypt with. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../store/testing.ts'
import { openVault, type SafeStorage } from './vault.ts'

/** Turns bytes around: not plain, and wrong for anything it did not write. */
const storage = (backend: string | undefined, available = true): SafeStorage => ({
  isEncryptionAvailable: () => available,
  ...(backend === undefined ? {} : { getSelectedStorageBackend: () => backend }),
  encryptString: (text) => Buffer.from([1, ...Buffer.from(text).map((byte) => byte ^ 0x5a)]),
  decryptString(bytes) {
    if (bytes[0] !== 1) throw new Error('not ours')
    return Buffer.from(bytes.subarray(1).map((byte) => byte ^ 0x5a)).toString()
  },
})

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => (folder = temporaryFolder()))
afterEach(() => folder.remove())
const path = (): string => join(folder.path, 'window', 'keys.json')

describe('the vault', () => {
  test.each(['gnome_libsecret', 'kwallet6'])('keeps secrets with %s, and after a restart', async (backend) => {
    const vault = openVault(path(), storage(backend), 'linux')
    await vault.put('https://host', 'sk-secret')
    await vault.put('https://other', 'another')
    expect(readFileSync(path(), 'latin1')).not.toContain('sk-secret')
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    const again = openVault(path(), storage(backend), 'linux')
    expect(await again.get('https://host')).toBe('sk-secret')
    await again.remove('https://host')
    expect(await again.get('https://host')).toBeNull()
    expect(await again.get('https://other')).toBe('another')
  })

  test.each([
    ['basic_text, which is plain', storage('basic_text'), 'linux'],
    ['a backend nobody knows', storage('unknown'), 'linux'],
    ['no backend said on Linux', storage(undefined), 'linux'],
    ['no encryption at all', storage('gnome_libsecret', false), 'linux'],
    ['no encryption elsewhere', storage(undefined, false), 'darwin'],
  ])('refuses %s, and writes nothing', async (_name, safe, platform) => {
    const vault = openVault(path(), safe, platform)
    expect(await vault.state()).toMatchObject({ usable: false, why: expect.stringContaining('this run') as string })
    await expect(vault.put('https://host', 'sk-secret')).rejects.toThrow()
    expect(() => statSync(path())).toThrow()
  })

  test('has nothing where the file is damaged or was encrypted by somebody else', async () => {
    const vault = openVault(path(), storage(undefined), 'darwin')
    await vault.put('https://host', 'sk-secret')
    writeFileSync(path(), JSON.stringify({ 'https://host': Buffer.from('other').toString('base64') }))
    expect(await vault.get('https://host')).toBeNull()
    writeFileSync(path(), '{"https')
    expect(await vault.get('https://host')).toBeNull()
    await vault.put('https://host', 'new')
    expect(await vault.get('https://host')).toBe('new')
  })
})
