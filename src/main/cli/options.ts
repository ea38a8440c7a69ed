/** Options shared by commands, parsed to what the contract takes; a wrong value is one line with the remedy. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { presetNames, presets, type Acceleration, type PresetName } from '../../shared/acceleration.ts'
import {
  MAX_GUIDANCE,
  MAX_STEPS,
  MAX_TEMPERATURE,
  MAX_WEIGHT,
  type AdapterStack,
  type Place,
} from '../../shared/jobs.ts'
import { providerChoiceSchema, type ProviderChoice } from '../../shared/providers.ts'
import { decodingModeSchema, type DecodingMode } from '../../shared/trajectory.ts'

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text.trim()) || value < min || value > max) {
      throw new InvalidArgumentError(`"${text}" is not a whole number from ${min} to ${max}.`)
    }
    return value
  }
}

export const stepCount = integer(1, MAX_STEPS)
export const seed = integer(0, 0xffffffff)

export function real(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= max) return value
    throw new InvalidArgumentError(`"${text}" is not a number from ${min} to ${max}.`)
  }
}

export const guidance = real(-MAX_GUIDANCE, MAX_GUIDANCE)
export const temperature = real(0, MAX_TEMPERATURE)

/** What a script passes for a variable that is not set is no path, and no part of the program has to say so. */
export function refuseEmptyPaths(command: Command): void {
  for (const option of command.options) {
    const isPath = /<(file|dir|folder)\b/.test(option.flags)
    if (isPath && command.getOptionValue(option.attributeName()) === '')
      command.error(`option '${option.flags}' is empty. Give a path.`)
  }
}

/** One of a few words. */
export function oneOf<T extends string>(words: readonly T[], what: string): (text: string) => T {
  return (text) => {
    const found = words.find((word) => word === text)
    if (found !== undefined) return found
    throw new InvalidArgumentError(`"${text}" is not a ${what}. Choose one of ${words.join(', ')}.`)
  }
}

export const preset: (text: string) => PresetName = oneOf(presetNames, 'preset of --fast')
/** What `--fast` asks for; alone it is the first preset. */
export const fastOf = (fast: PresetName | true | undefined): { acceleration?: Acceleration } =>
  fast === undefined ? {} : { acceleration: presets[fast === true ? 'fast' : fast].acceleration }
export const mode: (text: string) => DecodingMode = oneOf(decodingModeSchema.options, 'mode')
export const split = oneOf(['train', 'val', 'test'] as const, 'split')
export const family = oneOf(['spatial', 'temporal', 'causal', 'world', 'general', 'generate'] as const, 'family')

export const providerChoice: (text: string) => ProviderChoice = oneOf(providerChoiceSchema.options, 'provider')
export const providerHelp = `auto (the fastest that "tandem doctor" measured), ${providerChoiceSchema.options.slice(1).join(', ')}`

/** Names separated by commas. */
export function names(text: string): string[] {
  const found = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (found.length > 0) return found
  throw new InvalidArgumentError('Give at least one.')
}

/** A concrete seed where none is given: it is recorded and printed, so that the run can be repeated. */
export const freshSeed = (): number => randomBytes(4).readUInt32LE()

/** `text:3`, `cell:12`, or a plain sequence position. */
function place(text: string): Place {
  const match = /^(?:(text|cell):)?(\d+)$/.exec(text.trim())
  if (!match) throw new InvalidArgumentError(`"${text}" is not a place. Write text:3, cell:12 or a sequence position.`)
  const index = Number(match[2])
  if (!match[1]) return { field: 'sequence', index }
  return { field: match[1] === 'text' ? 'outputText' : 'outputImage', index }
}

export const places = (text: string): Place[] =>
  text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(place)

export interface PlacedToken {
  readonly place: Place
  readonly token: string
}

/** `text:3=cat cell:12=345`: the option may be given several times, with several of them each. */
export function placedTokens(text: string, known: readonly PlacedToken[]): PlacedToken[] {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError(`"${text}" is not PLACE=TOKEN, for example text:3=cat.`)
  return [...known, { place: place(text.slice(0, at)), token: text.slice(at + 1) }]
}

/** `DIR` or `DIR:WEIGHT`; the option may be given several times. */
export function stackedAdapter(text: string, known: AdapterStack): AdapterStack {
  const match = /^(.+):(-?\d+(?:\.\d+)?)$/.exec(text)
  const weight = match ? Number(match[2]) : 1
  if (Math.abs(weight) > MAX_WEIGHT) throw new InvalidArgumentError(`"${text}" has a weight beyond ${MAX_WEIGHT}.`)
  return [...known, { directory: resolve(match ? match[1]! : text), weight }]
}

/** Words of a text as the name of a folder. */
export function slug(text: string): string {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  let name = ''
  for (const word of words) {
    if (name.length + word.length > 48) break
    name += name === '' ? word : `-${word}`
  }
  return name === '' ? 'run' : name
}

/** `tandem-out/NAME`, or NAME-2 and so on where that is taken: nothing of an earlier run is overwritten unasked. */
export function freshFolder(name: string): string {
  for (let n = 1; ; n++) {
    const folder = join('tandem-out', n === 1 ? name : `${name}-${n}`)
    if (!existsSync(folder)) return folder
  }
}
