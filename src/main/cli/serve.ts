/** `tandem serve`: the studio in any browser, served by this machine. */
import type { Command } from 'commander'
import { readFile, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { projectRoot, version } from './installation.ts'
import { onInterrupt } from './interrupt.ts'
import { integer } from './options.ts'
import { note } from './report.ts'

export interface ServeCommandOptions {
  readonly host?: string
  readonly port?: number
  readonly root?: readonly string[]
  readonly data?: string
  readonly insecure?: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
}

/** Where the studio is found when nobody says otherwise; the next free one where it is taken. */
const USUAL_PORT = 7420
const LINGER_MS = 2000

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('Serve the studio to a browser; the printed link opens it once.')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine alone)')
    .option('--port <number>', `port to listen on, 0 for any (default: ${USUAL_PORT})`, integer(0, 65535))
    .option('--root <folders...>', 'folders whose pictures, projects, data sets and models the browser may open')
    .option('--data <folder>', "folder of projects, runs and settings (default: this user's)")
    .option('--insecure', 'serve other machines without encryption')
    .option('--tls-cert <file>', 'certificate (PEM), to serve other machines')
    .option('--tls-key <file>', 'its private key (PEM)')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem serve --root ~/Pictures --port 8080\n  tandem serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem',
    )
    .action((options: ServeCommandOptions) => serve(options))
}

/** Serves until it is interrupted. A second interrupt does not wait for what still closes. */
export async function serve(options: ServeCommandOptions): Promise<void> {
  const { checkExposure, startServer } = await import('../server/server.ts')
  const { dataFolder, makeDataFolder } = await import('../service-host/data-folder.ts')
  const host = options.host ?? '127.0.0.1'
  const tls = await readTls()
  checkExposure({ host, tls, insecure: options.insecure ?? false })
  const screens = join(projectRoot, 'dist', 'renderer')
  if (!(await stat(join(screens, 'index.html')).catch(() => null))) {
    throw new TandemError('The screens are not built.', 'Start the studio with "npm start" or "npx tandem serve".')
  }
  const roots = await Promise.all((options.root ?? []).map(openRoot))
  const data = makeDataFolder(options.data === undefined ? dataFolder() : resolve(options.data))

  const { launchNodeService } = await import('../service-host/node-service.ts')
  const models = [join(projectRoot, 'resources', 'models'), join(data, 'models')]
  const service = launchNodeService({ data, models, host: 'browser', version, roots })
  const start = (port: number): ReturnType<typeof startServer> =>
    startServer({ service, screens, host, port, tls, insecure: options.insecure ?? false })
  try {
    await service.ready
    const server = await startSomewhere(start, options.port)
    service.onConnection((up) => {
      note(up ? 'The service is back.' : 'The service ended; it is started again.')
      server.serviceIs(up)
    })
    note(`Tandem ${version} serves the studio. Its data is in ${data}.`)
    if (!tls && options.insecure && host !== '127.0.0.1')
      note('Not encrypted: whoever shares the network can read along.')
    process.stdout.write(`\n  ${server.link()}\n\n`)
    note(`The link opens the studio once. ${process.stdin.isTTY ? 'Enter prints a new one; ' : ''}Ctrl-C ends it.`)
    const stopLinks = linksOnEnter(() => server.link())
    await interrupted()
    stopLinks()
    note('Closing ...')
    await server.close()
  } finally {
    await service.close()
    // Everything is saved and closed; a process that still lingers keeps nobody waiting.
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }

  async function readTls(): Promise<{ cert: string; key: string } | null> {
    const { tlsCert, tlsKey } = options
    if (tlsCert === undefined && tlsKey === undefined) return null
    if (tlsCert === undefined || tlsKey === undefined) {
      throw new TandemError('A certificate and its key go together.', 'Give both --tls-cert and --tls-key.')
    }
    const read = (path: string): Promise<string> =>
      readFile(path, 'utf8').catch((error: unknown) => {
        throw new TandemError(`${path} cannot be read.`, 'Check --tls-cert and --tls-key.', 'input', { cause: error })
      })
    return { cert: await read(tlsCert), key: await read(tlsKey) }
  }

  async function openRoot(path: string): Promise<string> {
    const found = await realpath(path).catch(() => null)
    if (found !== null && (await stat(found)).isDirectory()) return found
    throw new TandemError(`${path} is not a folder.`, 'Give folders that exist with --root.')
  }
}

/** At the port that was asked for or not at all; unasked, at the usual one or any that is free. */
async function startSomewhere<T>(start: (port: number) => Promise<T>, asked: number | undefined): Promise<T> {
  if (asked !== undefined) return start(asked)
  return start(USUAL_PORT).catch((error: unknown) => {
    const taken = error instanceof TandemError && (error.cause as NodeJS.ErrnoException | undefined)?.code
    if (taken !== 'EADDRINUSE') throw error
    note(`Port ${USUAL_PORT} is taken; using another one.`)
    return start(0)
  })
}

function linksOnEnter(link: () => string): () => void {
  if (!process.stdin.isTTY) return () => undefined
  const print = (): void => void process.stdout.write(`\n  ${link()}\n\n`)
  process.stdin.on('data', print)
  return () => {
    process.stdin.off('data', print)
    process.stdin.pause()
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    onInterrupt(() => {
      onInterrupt(() => process.exit(130))
      resolve()
    })
  })
}
