/** A display for windows: the one that is there, or a virtual one. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'

export interface Display {
  readonly name: string
  close(): void
}

/** How to get the display that is missing, or null. */
export const displayMissing = (): string | null =>
  process.platform === 'linux' && !process.env.DISPLAY && spawnSync('Xvfb', ['-help']).error
    ? 'There is no display and no Xvfb: apt-get install xvfb xauth.'
    : null

export async function openDisplay(): Promise<Display> {
  if (process.platform !== 'linux') return { name: '', close: () => undefined }
  if (process.env.DISPLAY) return { name: process.env.DISPLAY, close: () => undefined }
  const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp']
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  return { name: `:${await number(server)}`, close: () => void server.kill() }
}

function number(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.stdio[3]?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    server.once('exit', (code) => reject(new Error(`Xvfb ended with code ${code ?? '?'}.`)))
  })
}
