/** Where things lie: in a clone beside the sources, in a package beside the archive. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface Places {
  /** The built screens, inside the archive of a package. */
  readonly screens: string
  readonly preload: string
  /** The service's entry. Plain Node runs it, so it is never in an archive. */
  readonly service: string
  readonly models: string
  /** The Node that comes with the studio, or null. */
  readonly node: string | null
}

export interface Installation {
  readonly packaged: boolean
  /** The project's folder, or the archive. */
  readonly app: string
  /** A package's folder of resources. */
  readonly resources: string
  readonly platform: NodeJS.Platform
}

export function findPlaces({ packaged, app, resources, platform }: Installation): Places {
  const home = packaged ? join(resources, 'service') : app
  const file = platform === 'win32' ? 'node.exe' : 'node'
  const node = packaged ? join(resources, 'node', file) : join(app, 'node_modules', 'node', 'bin', file)
  return {
    screens: join(app, 'dist', 'renderer'),
    preload: join(app, 'dist', 'preload', 'index.cjs'),
    service: join(home, 'dist', 'main', 'service-host', 'entry.js'),
    models: packaged ? join(resources, 'models') : join(app, 'resources', 'models'),
    node: existsSync(node) ? node : null,
  }
}
