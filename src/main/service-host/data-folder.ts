/** Where a person's studio lives: one folder for every host, so that what is made in one is found in the other. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

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
