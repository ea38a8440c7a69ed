/** Options shared by commands, parsed to what the contract takes; a wrong value is one line with the remedy. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidArgumentError } from 'commander'
import { MAX_STEPS, type Place } from '../../shared/jobs.ts'
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

export function real(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number.`)
  return value
}

export function temperature(text: string): number {
  const value = real(text)
  if (value < 0) throw new InvalidArgumentError('A temperature is 0 or more.')
  return value
}

export function mode(text: string): DecodingMode {
  const parsed = decodingModeSchema.safeParse(text)
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`"${text}" is not a mode. Choose one of ${decodingModeSchema.options.join(', ')}.`)
}

/** A concrete seed where none is given: it is recorded and printed, so that the run can be repeated. */
export const freshSeed = (): number => randomBytes(4).readUInt32LE()

/** `text:3`, `cell:12`, or a plain sequence position. */
export function place(text: string): Place {
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

export function placedToken(text: string): { place: Place; token: string } {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError(`"${text}" is not PLACE=TOKEN, for example text:3=cat.`)
  return { place: place(text.slice(0, at)), token: text.slice(at + 1) }
}

/** The project's folder, from source and from the build alike. */
function projectRoot(): string {
  let at = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(at, 'package.json')) && dirname(at) !== at) at = dirname(at)
  return at
}

export const shippedModel = (): string => join(projectRoot(), 'resources', 'models', 'storybook')
