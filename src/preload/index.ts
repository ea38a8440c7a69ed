/** The bridge of the sandboxed page: three functions that carry messages, and nothing else of Electron or Node. */
import { contextBridge, ipcRenderer } from 'electron'
import { bridge } from '../shared/bridge.ts'

contextBridge.exposeInMainWorld('tandem', {
  request: (method: unknown, args: unknown): Promise<unknown> => ipcRenderer.invoke(bridge.request, { method, args }),
  onEvent(handle: (message: unknown) => void): void {
    ipcRenderer.on(bridge.event, (_event, message: unknown) => handle(message))
  },
  onConnection(handle: (up: boolean) => void): void {
    ipcRenderer.on(bridge.connection, (_event, up: unknown) => handle(up === true))
  },
})
