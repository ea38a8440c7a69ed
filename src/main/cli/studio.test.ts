/** Where there can be a window, and where data lives. */
import { describe, expect, it } from 'vitest'
import { dataFolder } from '../service-host/data-folder.ts'
import { windowless } from './studio-electron.ts'

describe('a window', () => {
  it.each<[string, Parameters<typeof windowless>[0], RegExp | null]>([
    ['Linux without a display', { platform: 'linux', env: {}, user: 1000 }, /no display/],
    ['Linux as root', { platform: 'linux', env: { DISPLAY: ':0' }, user: 0 }, /as root/],
    ['X11', { platform: 'linux', env: { DISPLAY: ':0' }, user: 1000 }, null],
    ['Wayland', { platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' }, user: 1000 }, null],
    ['macOS', { platform: 'darwin', env: {}, user: 501 }, null],
    ['Windows', { platform: 'win32', env: {}, user: undefined }, null],
  ])('%s', (_name, machine, why) => {
    if (why === null) expect(windowless(machine)).toBeNull()
    else expect(windowless(machine)).toMatch(why)
  })
})

describe("a person's data", () => {
  it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    ['linux', {}, '/home/a/.local/share/tandem-studio'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/tandem-studio'],
    ['linux', { XDG_DATA_HOME: 'not/absolute' }, '/home/a/.local/share/tandem-studio'],
    ['darwin', {}, '/home/a/Library/Application Support/Tandem Studio'],
    ['linux', { TANDEM_DATA: '/elsewhere' }, '/elsewhere'],
  ])('on %s with %j is in %s', (platform, env, folder) => {
    expect(dataFolder(env, platform, '/home/a')).toBe(folder)
  })
})
