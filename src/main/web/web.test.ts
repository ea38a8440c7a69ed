/** What both hosts serve: paths that stay inside, headers that say what a thing is, addresses and nothing else. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blobHeaders, contentSecurityPolicy } from './headers.ts'
import { pageOf, withTheme } from './page-theme.ts'
import { route } from './routes.ts'
import { plainName, staticFile } from './static-files.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-web-'))
  await mkdir(join(folder, 'root', 'assets'), { recursive: true })
  await writeFile(join(folder, 'root', 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'root', 'assets', 'app-1a2b.js'), '1')
  await writeFile(join(folder, 'root', 'notes.txt'), 'no type of ours')
  await writeFile(join(folder, 'secret.js'), 'secret')
  await symlink(join(folder, 'secret.js'), join(folder, 'root', 'link.js'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a path of the screens', () => {
  it('is a file below their folder, with its type', async () => {
    const root = join(folder, 'root')
    expect(await staticFile(root, '/')).toMatchObject({ headers: { 'Content-Type': 'text/html; charset=utf-8' } })
    expect(await staticFile(root, '/assets/app-1a2b.js')).toMatchObject({
      size: 1,
      headers: { 'Cache-Control': 'private, max-age=31536000, immutable' },
    })
  })

  it.each([
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/..%5csecret.js',
    '/assets/../../secret.js',
    '/link.js',
    '/assets',
    '/notes.txt',
    '//etc/passwd',
    '/%00',
    '/%zz',
    '/C:/secret.js',
    '/.%2e/secret.js',
  ])('%s is nothing', async (path) => {
    expect(await staticFile(join(folder, 'root'), path)).toBeNull()
  })

  it('never names anything above the root, whatever it is made of', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '%2e', '%2f', '%5c', '\\', '/', 'a', ':'), fc.string())
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const name = plainName(`/${parts.join('/')}`)
        expect(name === null || !/(^|\/)\.\.?(\/|$)|\\|:|^\//.test(name)).toBe(true)
      }),
    )
  })
})

describe('a blob', () => {
  const blob = 'a'.repeat(64)

  it('is named by its hash and nothing else', () => {
    expect(route('GET', new URL(`app://studio/blob/${blob}`))).toEqual({ kind: 'blob', blob, name: null })
    expect(route('GET', new URL('app://studio/blob/..%2fx'))).toEqual({ kind: 'none', status: 404 })
    expect(route('PUT', new URL('app://studio/blob'))).toEqual({ kind: 'none', status: 405 })
    expect(route('POST', new URL('app://studio/index.html'))).toEqual({ kind: 'none', status: 405 })
    expect(route('POST', new URL('app://studio/blob'))).toEqual({ kind: 'upload' })
  })

  it('is shown when it is a picture, and is bytes to save when it is anything else', () => {
    expect(blobHeaders('image/png', 3, null)).toMatchObject({ 'Content-Type': 'image/png' })
    expect(blobHeaders('image/png', 3, null)).not.toHaveProperty('Content-Disposition')
    for (const type of ['text/html', 'image/svg+xml', 'application/pdf']) {
      expect(blobHeaders(type, 3, null)).toMatchObject({
        'Content-Type': 'application/octet-stream',
        'Content-Disposition': 'attachment',
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': expect.stringContaining('sandbox') as string,
      })
    }
  })

  it('is saved under its name, whatever is in the name', () => {
    const { 'Content-Disposition': disposition } = blobHeaders('image/png', 3, 'Größe "1".png')
    expect(disposition).toBe(`attachment; filename="Gr__e _1_.png"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.png`)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const header = blobHeaders('image/png', 3, name)['Content-Disposition']!
        expect(header).toMatch(/^attachment; filename="[\x20\x21\x23-\x7e]*"; filename\*=UTF-8''[\w.~!$&+^`|%*-]*$/)
      }),
    )
  })
})

it('the policy lets nothing run or load but our own files', () => {
  expect(contentSecurityPolicy).not.toMatch(/unsafe|\*|https?:/)
  expect(contentSecurityPolicy).toMatch(/^default-src 'none'; script-src 'self';/)
})

describe('the page', () => {
  it('is served with the theme of the person, and as long as it says', async () => {
    expect(withTheme('<!doctype html><html lang="en"><p>', 'dark')).toBe(
      '<!doctype html><html data-theme="dark" lang="en"><p>',
    )
    await writeFile(join(folder, 'root', 'page.html'), '<html lang="en">é</html>')
    const file = (await staticFile(join(folder, 'root'), '/page.html'))!
    const { body, headers } = await pageOf(file, 'light')
    expect(body.toString()).toBe('<html data-theme="light" lang="en">é</html>')
    expect(headers['Content-Length']).toBe(String(body.length))
  })

  it('is left as it is where the system decides', () => {
    expect(withTheme('<html lang="en">', 'system')).toBe('<html lang="en">')
  })
})
