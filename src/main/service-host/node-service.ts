/** The service for a host that is a Node process itself. Apart from the launcher, which is bundled for Electron. */
import { fileURLToPath } from 'node:url'
import type { ServiceOptions } from '../service/types.ts'
import { forkService } from './channel.ts'
import { launchService, type LaunchedService } from './launcher.ts'

const entry = fileURLToPath(new URL(`entry.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))

/** The service as a child of this process, run by the same Node. */
export const launchNodeService = (options: ServiceOptions): LaunchedService =>
  launchService(() => forkService(entry, process.execPath), options)
