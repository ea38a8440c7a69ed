/** The process that probes providers for `tandem doctor` and reports once. */
import { probeProviders } from '../../engine/runtime/providers.ts'

process.send?.(await probeProviders())
