/**
 * Who may see what. A sample's meaning (its operation, its input, the outcomes that are right - not its wording) is
 * hashed into one of three buckets, so no picture task of one split can turn up in another, whatever the seeds. And a
 * fixed six per cent of the (sprite, operation) combinations exist in the test split only.
 */
import { TandemError } from '../../../shared/errors.ts'
import type { Freedom, Split, WorldSample } from './types.ts'
import type { Scene } from './world.ts'

const HELD_OUT_PERCENT = 6
/** Eighths of all meanings: 6 train, 1 val, 1 test. */
const BUCKETS: readonly Split[] = ['train', 'train', 'train', 'train', 'train', 'train', 'val', 'test']

/** FNV-1a over UTF-16 code units with a final mix: fast, and fixed for ever. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Whether this sprite is never the focus of this operation outside the test split. */
export function isHeldOut(sprite: string, operation: string): boolean {
  return hashText(`held-out/1/${sprite}/${operation}`) % 100 < HELD_OUT_PERCENT
}

interface Meaning {
  operation: string
  input: Scene | null
  output: Scene
  freedom: Freedom
}

const sceneKey = (scene: Scene): string => `${scene.background}:${scene.cells.map((c) => c ?? '').join(',')}`

/** What a sample asks, wording left out; where several outcomes are right, the rule stands for them all. */
export function meaningKey(sample: Meaning): string {
  const { operation, input, output, freedom } = sample
  const target = freedom.kind === 'exact' ? sceneKey(output) : JSON.stringify(freedom)
  return `${operation}|${input ? sceneKey(input) : ''}|${target}`
}

/** The split this meaning belongs to, unless a held-out combination puts it into test. */
export function splitOf(sample: Meaning): Split {
  return BUCKETS[hashText(meaningKey(sample)) % BUCKETS.length]!
}

/** Refuses sets in which a meaning turns up in two splits, or a held-out combination outside test. */
export function assertSplitsDisjoint(samples: Iterable<WorldSample>): void {
  const seen = new Map<string, WorldSample>()
  for (const sample of samples) {
    const key = meaningKey(sample)
    const other = seen.get(key)
    if (other && other.split !== sample.split) {
      throw new TandemError(
        `Samples ${other.id} (${other.split}) and ${sample.id} (${sample.split}) are duplicates across splits.`,
        'Generate the sets again, or remove one of the two.',
      )
    }
    if (sample.heldOut && sample.split !== 'test') {
      throw new TandemError(`Sample ${sample.id} is held out but in ${sample.split}.`, 'Move it to test or remove it.')
    }
    seen.set(key, sample)
  }
}
