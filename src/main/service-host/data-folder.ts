/** Where a person's studio lives: one folder for every host, so that what is made in one is found in the other. */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { TandemError } from '../../shared/errors.ts'

/** `TANDEM_DATA`, or the place this system keeps the data of applications. */
export function dataFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.TANDEM_DATA) return resolve(env.TANDEM_DATA)
  switch (platform) {
    case 'win32':
      return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Tandem Studio')
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Tandem Studio')
    default:
      return join(
        env.XDG_DATA_HOME?.startsWith('/') ? env.XDG_DATA_HOME : join(home, '.local', 'share'),
        'tandem-studio',
      )
  }
}

/** Makes the data folder, or a folder in it, where it is not there yet. Returns its path; throws a TandemError. */
export function makeDataFolder(data: string, name = ''): string {
  const folder = join(data, name)
  try {
    mkdirSync(folder, { recursive: true })
    return folder
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    const why =
      code === 'ENOTDIR' || code === 'EEXIST'
        ? 'a file stands in its way'
        : code === 'ENOSPC'
          ? 'the disk is full'
          : 'it cannot be written to'
    throw new TandemError(
      `The data folder ${data} cannot be made: ${why}.`,
      'Check the folder, its permissions and the disk, or choose another data folder.',
      'environment',
      { cause: error },
    )
  }
}
