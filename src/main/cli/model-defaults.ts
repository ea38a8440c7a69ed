/** What a run starts from where nothing else is asked: an imported model brings its own steps, guidance and temperatures. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { samplingSchema } from '../../shared/model-config.ts'

const fileSchema = z.looseObject({ sampling: samplingSchema.optional() })

export interface RunNumbers {
  steps: number
  imageSteps?: number
  guidanceText: number
  guidanceImage: number
  temperatureText: number
  temperatureImage: number
}

/** The options as they are, with the model's own numbers where none was written on the command line. */
export async function withModelDefaults<T extends RunNumbers & { model: string }>(
  options: T,
  command: Command,
): Promise<T> {
  const text = await readFile(join(options.model, 'config.json'), 'utf8').catch(() => null)
  const defaults = text === null ? undefined : parsed(text)?.sampling?.defaults
  if (!defaults) return options
  const own: RunNumbers = {
    steps: defaults.steps,
    guidanceText: defaults.guidance.text,
    guidanceImage: defaults.guidance.image,
    temperatureText: defaults.temperatures.text,
    temperatureImage: defaults.temperatures.image,
  }
  const asked = (key: string): boolean => command.getOptionValueSource(key) === 'cli'
  const steps = asked('steps') ? options.steps : own.steps
  const kept = Object.fromEntries(Object.entries(own).filter(([key]) => !asked(key)))
  return {
    ...options,
    ...kept,
    steps,
    imageSteps: asked('imageSteps') ? options.imageSteps : Math.min(defaults.imageSteps, steps),
  }
}

function parsed(text: string): z.infer<typeof fileSchema> | null {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
