/** Execution providers as jobs, commands and screens speak of them. */
import { z } from 'zod'

/** In the order in which they are tried. */
export const providerNames = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu'] as const
export const providerNameSchema = z.enum(providerNames)
export type ProviderName = z.infer<typeof providerNameSchema>

/** What a person chooses: one of them, or whichever was measured to be the fastest here. */
export const providerChoiceSchema = z.enum(['auto', ...providerNames])
export type ProviderChoice = z.infer<typeof providerChoiceSchema>

export const providerWords: Readonly<Record<ProviderName, string>> = {
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
  webgpu: 'WebGPU',
  cpu: 'Processor',
}

/** Of a provider by the name in a record, which may be of another version's. */
export const providerName = (name: string): string => providerWords[name as ProviderName] ?? name

export const providerReportSchema = z.strictObject({
  name: providerNameSchema,
  available: z.boolean(),
  /** Why it was refused, in the runtime's words; absent when it works. */
  reason: z.string().optional(),
  /** Billions of floating-point operations a second, where it was measured. */
  gflops: z.number().positive().optional(),
})
export type ProviderReport = z.infer<typeof providerReportSchema>

/** What was found on this machine; kept, so that nothing is probed before a run. */
export const providersFoundSchema = z.strictObject({
  runtime: z.string(),
  chosen: providerNameSchema,
  reports: z.array(providerReportSchema),
})
export type ProvidersFound = z.infer<typeof providersFoundSchema>
