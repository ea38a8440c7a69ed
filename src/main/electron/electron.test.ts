/** The parts of Electron's host that need no Electron: addresses, places, the window's place, and who is trusted. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryService } from '../service-host/testing.ts'
import { isStudio } from './origin.ts'
import { findPlaces } from './places.ts'
import { answerProtocol } from './protocol.ts'
import { usableState } from './window-state.ts'

let folder: string
let ask: (path: string, init?: RequestInit) => Promise<Response>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-electron-'))
  const screens = join(folder, 'screens')
  await mkdir(screens)
  await writeFile(join(screens, 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'secret.html'), 'secret')
  const answer = answerProtocol({ service: await memoryService({ data: folder }), screens })
  ask = (path, init) => answer(new Request(path.includes('://') ? path : `app://studio${path}`, init))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('an address', () => {
  it.each(['https://studio/', 'app://studio.evil/', 'app://studio@evil/', 'app://evil/app://studio/', 'file:///x', ''])(
    '%j is not the studio',
    (address) => {
      expect(isStudio(address)).toBe(false)
    },
  )
  it('of a page of the studio is the studio', () => {
    expect(isStudio('app://studio/')).toBe(true)
    expect(isStudio('app://studio/index.html#x')).toBe(true)
  })
})

describe('app://studio/', () => {
  it('gives a page with its policy', async () => {
    const answer = await ask('/')
    expect(await answer.text()).toBe('<!doctype html>')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it.each(['/..%2fsecret.html', '/%2e%2e/secret.html', '/blob/nothing', 'app://other/'])(
    'has nothing at %s',
    async (path) => {
      expect((await ask(path)).status).toBe(404)
    },
  )

  it('takes a blob in and gives it back', async () => {
    const posted = await ask('/blob', { method: 'POST', body: new Uint8Array([0x89, 1]) })
    const { blob, size } = (await posted.json()) as { blob: string; size: number }
    expect(size).toBe(2)
    const back = await ask(`/blob/${blob}`)
    expect(back.headers.get('content-type')).toBe('image/png')
    expect(new Uint8Array(await back.arrayBuffer())).toEqual(new Uint8Array([0x89, 1]))
  })

  it('takes nothing from another origin', async () => {
    const headers = { origin: 'http://evil.example' }
    expect((await ask('/blob', { method: 'POST', headers, body: 'x' })).status).toBe(403)
  })
})

describe('places', () => {
  const base = { app: '/a', resources: '/r', platform: 'linux' as const }

  it('of a clone are in the project, of a package beside the archive', () => {
    expect(findPlaces({ ...base, packaged: false })).toMatchObject({
      service: '/a/dist/main/service-host/entry.js',
      models: '/a/resources/models',
      screens: '/a/dist/renderer',
      node: null,
    })
    expect(findPlaces({ ...base, packaged: true })).toMatchObject({
      service: '/r/service/dist/main/service-host/entry.js',
      models: '/r/models',
      screens: '/a/dist/renderer',
    })
  })
})

describe("the window's place", () => {
  const display = { x: 0, y: 0, width: 1920, height: 1080 }
  const state = { x: 10, y: 10, width: 1200, height: 800, maximized: false }

  it('is used again on a display that shows it', () => {
    expect(usableState(state, [display])).toEqual(state)
    expect(usableState({ ...state, x: 2000 }, [display, { ...display, x: 1920 }])).not.toBeNull()
  })

  it.each([
    ['a display that is gone', { ...state, x: 5000 }],
    ['a title bar out of reach', { ...state, y: -700 }],
    ['below the display', { ...state, y: 1070 }],
    ['no size', { ...state, width: 0 }],
    ['no state', 'x'],
    ['an empty file', null],
  ])('%s is forgotten', (_name, stored) => {
    expect(usableState(stored, [display])).toBeNull()
  })
})
