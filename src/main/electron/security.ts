/** What pages may do: the same objects for every launch, a test's included. */
import { session, shell, type App, type Session, type WebPreferences } from 'electron'
import { isStudio } from './origin.ts'

export const webPreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  // Chromium would fetch its dictionaries from the network.
  spellcheck: false,
} as const satisfies WebPreferences

/** Where links of the studio may lead, in the person's own browser. */
const EXTERNAL_HOSTS = new Set(['arxiv.org', 'github.com', 'huggingface.co'])

/** Writing text to the clipboard is how diagnostics are copied. Nothing else that asks is granted. */
const GRANTED = new Set(['clipboard-sanitized-write'])

/** Opens an address of the allow-list outside; true if it did. */
export function openOutside(address: string): boolean {
  const url = URL.parse(address)
  if (url?.protocol !== 'https:' || !EXTERNAL_HOSTS.has(url.hostname) || url.username !== '') return false
  void shell.openExternal(url.href)
  return true
}

/** Holds for every page there will ever be, whoever opens it. */
export function guardContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.on('will-frame-navigate', (event) => {
      if (!isStudio(event.url) || !event.isMainFrame) event.preventDefault()
    })
    contents.on('will-redirect', (event) => {
      if (!isStudio(event.url)) event.preventDefault()
    })
    contents.setWindowOpenHandler(({ url }) => {
      openOutside(url)
      return { action: 'deny' }
    })
  })
}

export function guardSession(guarded: Session = session.defaultSession): void {
  guarded.setPermissionRequestHandler((contents, permission, decide, { requestingUrl, isMainFrame }) =>
    decide(GRANTED.has(permission) && isMainFrame && isStudio(requestingUrl) && isStudio(contents.getURL())),
  )
  guarded.setPermissionCheckHandler(
    (_contents, permission, origin) => GRANTED.has(permission) && isStudio(origin.replace(/\/$/, '')),
  )
  guarded.setDevicePermissionHandler(() => false)
  guarded.setSpellCheckerEnabled(false)
  // The studio needs no network: whatever asks for it is no part of the studio.
  guarded.webRequest.onBeforeRequest(({ url }, decide) =>
    decide({ cancel: !isStudio(url) && !/^(blob|data|devtools):/.test(url) }),
  )
}
