/** The process that probes providers for `tandem doctor` and reports once. */
import { probeProviders, runtimeVersion } from '../../engine/runtime/providers.ts'

process.send?.({ onnxruntime: runtimeVersion, ...(await probeProviders()) })
