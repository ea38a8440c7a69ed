import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TandemError } from '../shared/errors.ts'
import { asWrite, writeError, writeFileAtomic } from './files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-files-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('writing a file', () => {
  it('replaces the old one whole', async () => {
    const path = join(root, 'a.txt')
    await writeFileAtomic(path, 'one')
    await writeFileAtomic(path, 'two')
    expect(await readFile(path, 'utf8')).toBe('two')
    expect(await readdir(root)).toEqual(['a.txt'])
  })

  it('leaves nothing where it cannot finish', async () => {
    await mkdir(join(root, 'taken', 'inside'), { recursive: true })
    await expect(writeFileAtomic(join(root, 'taken'), 'x')).rejects.toThrow(TandemError)
    expect(await readdir(root)).toEqual(['taken'])
    await writeFile(join(root, 'file'), '')
    await expect(writeFileAtomic(join(root, 'file', 'below'), 'x')).rejects.toThrow(
      'a file stands where a folder is needed',
    )
  })
})

describe('what the system refuses', () => {
  it.each([
    ['ENOSPC', 'disk is full', 'Free some space'],
    ['EDQUOT', 'disk is full', 'Free some space'],
    ['EACCES', 'read-only', 'may write to'],
    ['EROFS', 'read-only', 'may write to'],
    ['ENOENT', 'does not exist', 'Create the folder'],
    ['ENAMETOOLONG', 'too long', 'shorter'],
  ])('%s becomes a cause and a remedy', (code, cause, remedy) => {
    const error = writeError(Object.assign(new Error(code), { code }), 'image.png')
    expect(error?.message).toContain(cause)
    expect(error?.remedy).toContain(remedy)
  })

  it('anything else stays what it is', async () => {
    const defect = new Error('a defect')
    await expect(asWrite('x', () => Promise.reject(defect))).rejects.toBe(defect)
  })
})
