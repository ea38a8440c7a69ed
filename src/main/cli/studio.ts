/** `tandem studio`: the studio in a window of its own; where there can be none, in the browser, saying why. */
import type { Command } from 'commander'
import { integer } from './options.ts'
import { note } from './report.ts'
import { serve } from './serve.ts'

interface StudioOptions {
  readonly browser?: boolean
  readonly data?: string
  readonly port?: number
}

export function addStudioCommand(program: Command): void {
  program
    .command('studio')
    .description('Open the studio in a window, or in the browser where there can be no window.')
    .option('--browser', 'serve it to the browser instead')
    .option('--data <folder>', "folder of projects, runs and settings (default: this user's)")
    .option('--port <number>', 'port for the browser', integer(0, 65535))
    .addHelpText('after', '\nExamples:\n  tandem studio --browser\n  tandem studio --data ~/other-studio')
    .action(open)
}

async function open({ browser = false, data, port }: StudioOptions): Promise<void> {
  const serveInstead = (why: string): Promise<void> => {
    note(`${why} The studio opens in the browser instead.`)
    return serve({ ...(data === undefined ? {} : { data }), ...(port === undefined ? {} : { port }) })
  }
  if (browser) return serveInstead('As you asked, there is no window.')
  const { findElectron, runElectron } = await import('./studio-electron.ts')
  const electron = await findElectron()
  if ('missing' in electron) return serveInstead(electron.missing)
  note('The studio opens in a window of its own (Electron), as there is a display; --browser serves it to a browser.')
  const ended = await runElectron(electron.path, data)
  if (ended.early) return serveInstead(`Electron did not start (${ended.how}).`)
  process.exitCode = ended.code
}
