/** The process that probes providers and reports once. Its argument: milliseconds to measure each that works. */
import { probeProviders, runtimeVersion } from '../../engine/runtime/providers.ts'

const measureMs = Number(process.argv[2] ?? 0)
process.send?.({ runtime: runtimeVersion, ...(await probeProviders({ measureMs })) })
