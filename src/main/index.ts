/**
 * Electron's main process. It wires: the window, the address `app://studio/`, the bridge and the service, which runs in a
 * process of its own. Nothing heavy happens here.
 */
import { app, clipboard, dialog, protocol, safeStorage } from 'electron'
import { join } from 'node:path'
import { describeError, TandemError } from '../shared/errors.ts'
import { dataFolder, makeDataFolder } from './service-host/data-folder.ts'
import { launchService, type LaunchedService } from './service-host/launcher.ts'
import { guardDownloads } from './electron/downloads.ts'
import { connectPages } from './electron/ipc.ts'
import { installMenu } from './electron/menu.ts'
import { SCHEME } from './electron/origin.ts'
import { findPlaces } from './electron/places.ts'
import { answerProtocol } from './electron/protocol.ts'
import { guardContents, guardSession } from './electron/security.ts'
import { openServiceChannel } from './electron/service.ts'
import { followTheme, shownTheme } from './electron/theme.ts'
import { openVault } from './electron/vault.ts'
import { focusWindow, openWindow } from './electron/window.ts'

const data = dataFolder()
// Chromium's own files stand apart; the lock for one instance is in them, so it is one instance for each data folder.
const chromium = join(data, 'window')
const refused = prepareFolder()
protocol.registerSchemesAsPrivileged([
  {
    scheme: SCHEME,
    privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
  },
])
guardContents(app)

if (refused !== null) {
  void app.whenReady().then(() => explain(refused))
} else if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => focusWindow())
  void app.whenReady().then(run)
} else {
  process.stderr.write('tandem: the studio is open already; its window was brought to the front.\n')
  app.quit()
}

/** Why the studio cannot keep anything here; null where it can. */
function prepareFolder(): unknown {
  try {
    app.setPath('userData', makeDataFolder(data, 'window'))
    return null
  } catch (error) {
    return error
  }
}

function run(): void {
  const places = findPlaces({
    packaged: app.isPackaged,
    app: app.getAppPath(),
    resources: process.resourcesPath,
    platform: process.platform,
  })
  const models = [places.models, join(data, 'models')]
  const vault = openVault(join(chromium, 'keys.json'), safeStorage, process.platform)
  const options = { data, models, host: 'electron', version: app.getVersion(), vault } as const
  const service = launchService(() => openServiceChannel(places), options)
  followTheme(service, join(chromium, 'theme.json'))
  guardSession()
  guardDownloads()
  protocol.handle(SCHEME, answerProtocol({ service, screens: places.screens, theme: shownTheme }))
  connectPages(service)
  installMenu({ service, data, platform: process.platform })
  const open = (): void => void openWindow(places.preload, join(chromium, 'state.json'))
  open()
  service.ready.catch(explain)
  app.on('activate', () => focusWindow())
  app.on('window-all-closed', () => app.quit())
  closeFirst(service)
}

/** The service closes before the application ends: runs keep what they have, the store is flushed. */
function closeFirst(service: LaunchedService): void {
  let closed = false
  app.on('will-quit', (event) => {
    if (closed) return
    event.preventDefault()
    void service.close().finally(() => {
      closed = true
      // Not within this event: a quit that is asked for while one is being held back is dropped, and the process stays.
      setImmediate(() => app.quit())
    })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit())
}

/** A studio that cannot start says why, and what to do, instead of an empty window. */
async function explain(error: unknown): Promise<void> {
  const known = error instanceof TandemError ? error : new TandemError(describeError(error), 'Please report this.')
  if (known.kind === 'cancelled') return
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'Tandem Studio',
    message: known.message,
    detail: known.remedy,
    buttons: ['Quit', 'Copy Diagnostics'],
    defaultId: 0,
    cancelId: 0,
  })
  const cause = typeof known.cause === 'string' ? known.cause : ''
  if (response === 1) void clipboard.writeText([describeError(known), cause].join('\n'))
  app.quit()
}
