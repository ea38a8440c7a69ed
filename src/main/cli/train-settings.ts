/** The settings of a fine-tuning run on the command line: a config file, a preset and single options, or the run's own. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { runFiles } from '../../shared/training.ts'
import { sftConfigOf, trainingPresets, trainingSettingsSchema } from '../../shared/training-settings.ts'
import { shippedModel } from './installation.ts'

/** What may be given one by one. */
export interface SettingOptions {
  model?: string
  data?: string
  mix?: string
  mixShare?: number
  preset?: string
  steps?: number
  batch?: number
  accumulate?: number
  rate?: number
  seed?: number
  ema?: number
  name?: string
  changedWeight?: number
  textWeight?: 'inverse-t' | 'one'
  imageWeight?: 'inverse-t' | 'one'
  dropText?: number
  dropImage?: number
  imageOnlyShare?: number
  independent?: number
  optimiser?: 'muon' | 'adamw'
  patience?: number
  minDelta?: number
  validateEvery?: number
  saveEvery?: number
  previewEvery?: number
  previews?: number
  previewRows?: string[]
  loraRank?: number
  loraAlpha?: number
  loraTargets?: string[]
  loraDropout?: number
  trainWords?: string[]
}

export interface TrainOptions extends SettingOptions {
  config?: string
  out: string
  resume?: boolean
  preflight?: boolean
  json?: boolean
  jsonLines?: boolean
}

/** A config file, or the options as one. A run that goes on is told by its folder. */
export function configOf(options: TrainOptions): string | Record<string, unknown> {
  const { config, out, resume, json: _json, jsonLines: _lines, preflight: _preflight, ...given } = options
  const names = Object.keys(given)
  if (config !== undefined) {
    if (names.length === 0) return config
    throw new TandemError('Settings are given twice, in --config and beside it.', 'Give one of the two.')
  }
  if (resume && names.every((name) => RESUMABLE.has(name))) return resumedConfig(out, given)
  return freshConfig(given)
}

/** What may differ when a run goes on: none of it changes what the run has learned so far. */
const RESUMABLE = new Set(['accumulate', 'steps', 'rate', 'saveEvery', 'previewEvery'])

function resumedConfig(out: string, given: SettingOptions): string | Record<string, unknown> {
  const kept = join(out, runFiles.config)
  if (!existsSync(kept))
    throw new TandemError('There is no run to go on with in that folder.', 'Check --out, or leave out --resume.')
  if (Object.keys(given).length === 0) return resolve(kept)
  const config = readKept(kept)
  const part = (name: string): Record<string, unknown> => ({ ...(config[name] as object | undefined) })
  const { accumulate, steps, rate, saveEvery, previewEvery } = given
  return {
    ...config,
    ...(steps === undefined ? {} : { steps }),
    ...(saveEvery === undefined ? {} : { saveEvery }),
    ...(accumulate === undefined ? {} : { sft: { ...part('sft'), accumulate } }),
    ...(rate === undefined ? {} : { schedule: { ...part('schedule'), peak: rate } }),
    ...(previewEvery === undefined ? {} : { previews: { ...part('previews'), every: previewEvery } }),
  }
}

function readKept(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw new TandemError(
      `The settings of the run (${runFiles.config}) cannot be read.`,
      'Restore the file, or resume with --config.',
      'input',
      { cause: error },
    )
  }
}

function freshConfig(given: SettingOptions): Record<string, unknown> {
  const { data, steps, preset: presetName } = given
  const preset = trainingPresets.find(({ id }) => id === presetName)
  if (presetName !== undefined && !preset)
    throw new TandemError(
      `There is no preset ${presetName}.`,
      `Choose one of ${trainingPresets.map(({ id }) => id).join(', ')}.`,
    )
  if (data === undefined || (steps === undefined && !preset))
    throw new TandemError('A run needs --data, and --steps or --preset, or --config.', 'See "tandem train sft --help".')
  const method = given.loraRank !== undefined ? 'lora' : (preset?.settings.method ?? 'full')
  if (given.mixShare !== undefined && given.mix === undefined)
    throw new TandemError('A share is given without the data set it is of.', 'Add --mix DIR.')
  const ofAdapter = (['loraAlpha', 'loraTargets', 'loraDropout', 'trainWords'] as const).filter((n) => n in given)
  if (method === 'full' && ofAdapter.length > 0)
    throw new TandemError('Settings of an adapter are given without --lora-rank.', 'Add --lora-rank N.')
  const told = {
    method,
    rank: given.loraRank,
    alpha: given.loraAlpha,
    targets: given.loraTargets,
    dropout: given.loraDropout,
    words: given.trainWords,
    steps,
    batch: given.batch,
    accumulate: given.accumulate,
    learningRate: given.rate,
    ema: given.ema,
    seed: given.seed,
    changedCellWeight: given.changedWeight,
    textWeight: given.textWeight,
    imageWeight: given.imageWeight,
    dropText: given.dropText,
    dropImage: given.dropImage,
    imageOnlyShare: given.imageOnlyShare,
    independent: given.independent,
    optimiser: given.optimiser,
    validateEvery: given.validateEvery,
    patience: given.patience,
    minDelta: given.minDelta,
    saveEvery: given.saveEvery,
    previewEvery: given.previewEvery,
    previewRows: given.previewRows,
    previewCount: given.previews,
    name: given.name,
  }
  const said = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
  const parsed = trainingSettingsSchema.safeParse({ ...preset?.settings, ...said })
  if (!parsed.success) throw wrongSetting(parsed.error)
  const config = sftConfigOf(parsed.data, { model: resolve(given.model ?? shippedModel), data: resolve(data) })
  if (given.mix === undefined) return config
  return { ...config, mix: { path: resolve(given.mix), share: given.mixShare ?? 0.5 } }
}

function wrongSetting(error: z.ZodError): TandemError {
  const issue = error.issues[0]
  return new TandemError(
    `The setting ${issue?.path.join('.') ?? '?'} is wrong: ${issue?.message ?? ''}.`,
    'See "tandem train sft --help".',
  )
}
