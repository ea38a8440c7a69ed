import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { taskNames, type Task } from '../../shared/model-config.ts'
import { seededRandom } from '../data/random.ts'
import { isOutputField, padText, resolveLayout, type Layout } from '../model/layout.ts'
import { tinyConfig } from '../model/testing.ts'
import { buildBatch, layOutSample, type Batch, type TokenSample } from './batch.ts'
import { corruptionSchema, type CorruptionConfig } from './corruption.ts'

const config = tinyConfig()
const { mask, pad, eos } = config.special
const OFFSET = config.image.offset
const always: CorruptionConfig = corruptionSchema.parse({ dropText: 0, dropImage: 0 })

const code = fc.nat(config.image.codebookSize - 1)
const word = fc.integer({ min: 10, max: config.textVocabSize - 1 })
const picture = fc.array(code, { minLength: 4, maxLength: 4 }).map((codes) => Int32Array.from(codes))
const textOf = (maxLength: number): fc.Arbitrary<Int32Array> =>
  fc.array(word, { maxLength }).map((ids) => Int32Array.from(ids))
const anySample: fc.Arbitrary<TokenSample> = fc.record({
  inputImage: picture,
  instruction: textOf(4),
  outputImage: picture,
  outputText: textOf(5),
})
const anyCorruption: fc.Arbitrary<CorruptionConfig> = fc.record({
  independent: fc.constantFrom(0, 0.5, 1),
  textWeight: fc.constantFrom('inverse-t', 'one'),
  imageWeight: fc.constantFrom('inverse-t', 'one'),
  maxInverseT: fc.constantFrom(1, 3, 10),
  changedCellWeight: fc.constantFrom(1, 3),
  dropText: fc.constantFrom(0, 0.5, 1),
  dropImage: fc.constantFrom(0, 0.5, 1),
})
const anyBatch = fc.record({
  task: fc.constantFrom(...taskNames),
  samples: fc.array(anySample, { minLength: 1, maxLength: 4 }),
  corruption: anyCorruption,
  seed: fc.nat(),
})

const build = (
  task: Task,
  samples: readonly TokenSample[],
  corruption: CorruptionConfig,
  seed = 1,
): { batch: Batch; layout: Layout } => {
  const layout = resolveLayout(config, task)
  return { layout, batch: buildBatch(config, layout, samples, corruption, seededRandom('batch', seed)) }
}
const numbers = (batch: Batch, name: string): number[] =>
  Array.from(batch.feeds[name]!.data as ArrayLike<number | bigint>, Number)

describe('laying out', () => {
  test('a text ends in eos and is padded', () => {
    expect([...padText(config, Int32Array.of(11, 12), 5)]).toEqual([11, 12, eos, pad, pad])
    expect([...padText(config, Int32Array.of(), 2)]).toEqual([eos, pad])
    expect(() => padText(config, Int32Array.of(11, 12), 2)).toThrow('a text of 2 tokens does not fit a segment of 2')
  })

  test('codes stand at the image offset, control tokens stay where the layout has them', () => {
    const sample = {
      inputImage: Int32Array.of(0, 1, 2, 3),
      instruction: Int32Array.of(11),
      outputImage: Int32Array.of(7, 6, 5, 4),
      outputText: Int32Array.of(12, 13),
    }
    const layout = resolveLayout(config, 'edit')
    const sequence = layOutSample(config, layout, sample)
    for (const { name, start, length } of layout.fields) {
      const expected = {
        inputImage: [20, 21, 22, 23],
        outputImage: [27, 26, 25, 24],
        instruction: [11, eos, pad, pad, pad],
        outputText: [12, 13, eos, pad, pad, pad],
      }[name]
      expect([...sequence.subarray(start, start + length)]).toEqual(expected)
    }
    sequence.forEach((token, p) => {
      if (layout.segmentOf[p] === 0) expect(token).toBe(layout.template[p])
    })
  })

  test('a picture of the wrong size, or none where one is needed, is refused', () => {
    const sample = {
      inputImage: null,
      instruction: Int32Array.of(),
      outputImage: new Int32Array(4),
      outputText: Int32Array.of(),
    }
    expect(() => build('edit', [sample], always)).toThrow('inputImage needs 4 codes')
    expect(() => build('generate', [{ ...sample, outputImage: new Int32Array(5) }], always)).toThrow(
      'outputImage needs 4 codes',
    )
    expect(() => build('generate', [sample], always)).not.toThrow()
  })
})

test('only output positions are masked; everything else is the clean sequence, or a dropped condition as a whole', () => {
  fc.assert(
    fc.property(anyBatch, ({ task, samples, corruption, seed }) => {
      const { batch, layout } = build(task, samples, corruption, seed)
      const tokens = numbers(batch, 'tokens')
      samples.forEach((sample, b) => {
        const clean = layOutSample(config, layout, sample)
        const row = tokens.slice(b * layout.length, (b + 1) * layout.length)
        clean.forEach((token, p) => {
          if (layout.segmentOf[p] === 0) expect(row[p]).toBe(token)
        })
        for (const { name, start, length } of layout.fields) {
          const part = row.slice(start, start + length)
          const whole = [...clean.subarray(start, start + length)]
          if (isOutputField(name)) {
            const flags = batch.masked[name]!.subarray(b * length, (b + 1) * length)
            part.forEach((token, i) => expect(token).toBe(flags[i] ? mask : whole[i]))
            expect(flags.reduce((a, f) => a + f, 0)).toBeGreaterThanOrEqual(1)
          } else {
            const share = name === 'instruction' ? corruption.dropText : corruption.dropImage
            if (share === 0) expect(part).toEqual(whole)
            else if (share === 1) expect(part.every((token) => token === mask)).toBe(true)
            else expect(part.every((token) => token === mask) || part.join() === whole.join()).toBe(true)
          }
        }
      })
    }),
  )
})

test('targets are the clean tokens, relative to the vocabulary of their modality', () => {
  fc.assert(
    fc.property(anyBatch, ({ task, samples, corruption, seed }) => {
      const { batch, layout } = build(task, samples, corruption, seed)
      for (const { name, start, length, modality } of layout.fields.filter((field) => isOutputField(field.name))) {
        const expected = samples.flatMap((sample) =>
          [...layOutSample(config, layout, sample).subarray(start, start + length)].map(
            (t) => t - (modality === 'image' ? OFFSET : 0),
          ),
        )
        expect(numbers(batch, `target:${name}`)).toEqual(expected)
        expect(batch.feeds[`target:${name}`]!.dims).toEqual([samples.length * length, 1])
      }
    }),
  )
})

test('weights are 0 where nothing is masked, w(t) where it is, times the factor of changed cells; t is one per sample and modality', () => {
  fc.assert(
    fc.property(anyBatch, ({ task, samples, corruption, seed }) => {
      const { batch, layout } = build(task, samples, corruption, seed)
      for (const { name, length, modality } of layout.fields.filter((field) => isOutputField(field.name))) {
        const kind = modality === 'text' ? corruption.textWeight : corruption.imageWeight
        samples.forEach((sample, b) => {
          const plain: number[] = []
          for (let i = 0; i < length; i++) {
            const weight = batch.weights[name]![b * length + i]!
            if (!batch.masked[name]![b * length + i]) {
              expect(weight).toBe(0)
              continue
            }
            const changed = modality === 'image' && sample.inputImage![i] !== sample.outputImage[i]
            plain.push(weight / (changed ? corruption.changedCellWeight : 1))
          }
          for (const weight of plain) {
            expect(weight).toBeCloseTo(plain[0]!, 5)
            expect(weight).toBeGreaterThanOrEqual(1 - 1e-6)
            expect(weight).toBeLessThanOrEqual(kind === 'one' ? 1 : corruption.maxInverseT + 1e-5)
          }
        })
      }
    }),
  )
})

test('a generation has no changed cells, whatever the factor', () => {
  const sample = {
    inputImage: null,
    instruction: Int32Array.of(),
    outputImage: Int32Array.of(1, 2, 3, 4),
    outputText: Int32Array.of(),
  }
  const { batch } = build('generate', [sample], { ...always, changedCellWeight: 5 })
  for (const weight of batch.weights['outputImage']!) expect([0, 1]).toContain(weight)
})

test('seeds are -w / (batch x output positions): the loss is a mean over all output positions', () => {
  fc.assert(
    fc.property(anyBatch, ({ task, samples, corruption, seed }) => {
      const { batch, layout } = build(task, samples, corruption, seed)
      const outputs = layout.fields.filter((field) => isOutputField(field.name))
      const positions = outputs.reduce((n, field) => n + field.length, 0)
      for (const { name } of outputs) {
        const seeds = numbers(batch, `seed:${name}`)
        batch.weights[name]!.forEach((w, i) =>
          expect(Math.abs(seeds[i]! + w / (samples.length * positions))).toBeLessThanOrEqual(2e-7 * w),
        )
      }
    }),
  )
})

test('the expected weight of a text token is 1 in total: 1/t undoes the mask ratio, where it is not clipped', () => {
  const corruption = { ...always, independent: 0, maxInverseT: 1e9 }
  const sample = {
    inputImage: new Int32Array(4),
    instruction: Int32Array.of(),
    outputImage: new Int32Array(4),
    outputText: Int32Array.of(11),
  }
  const samples = new Array<TokenSample>(4000).fill(sample)
  const { batch } = build('edit', samples, corruption)
  const tokens = batch.weights['outputText']!
  // Ratios below 1/6 always mask one token at least: the heaviest weights lift the mean a little.
  const light = tokens.filter((w) => w <= 4)
  const mean = light.reduce((a, b) => a + b, 0) / tokens.length
  expect(mean).toBeGreaterThan(0.7) // the share of t > 1/4 is 0.75
  expect(mean).toBeLessThan(0.8)
})

test('the same stream gives the same batch, and every draw is made whatever is dropped', () => {
  const sample = {
    inputImage: Int32Array.of(1, 2, 3, 4),
    instruction: Int32Array.of(11),
    outputImage: Int32Array.of(1, 2, 3, 5),
    outputText: Int32Array.of(12),
  }
  const after = (corruption: CorruptionConfig): string => {
    const random = seededRandom('draws')
    buildBatch(config, resolveLayout(config, 'edit'), [sample, sample], corruption, random)
    return random.state()
  }
  expect(after({ ...always, dropText: 1, dropImage: 1 })).toBe(after(always))
  expect(build('edit', [sample, sample], always, 3).batch).toEqual(build('edit', [sample, sample], always, 3).batch)
  expect(build('edit', [sample, sample], always, 3).batch).not.toEqual(build('edit', [sample, sample], always, 4).batch)
})

test('a sequential timeline learns text before an all masked picture, or a picture beside whole text', () => {
  const sequential = corruptionSchema.parse({ timeline: 'sequential', dropText: 0, dropImage: 0 })
  fc.assert(
    fc.property(anySample, fc.nat(), (sample, seed) => {
      const { batch, layout } = build('edit', [sample], sequential, seed)
      const tokens = numbers(batch, 'tokens')
      const hidden = (name: string): number => {
        const { start, length } = layout.fields.find((field) => field.name === name)!
        return tokens.slice(start, start + length).filter((token) => token === mask).length
      }
      const learned = (name: string): number => batch.weights[name]!.filter((weight) => weight > 0).length
      if (learned('outputText') > 0) {
        expect(learned('outputText')).toBe(hidden('outputText'))
        expect([hidden('outputImage'), learned('outputImage')]).toEqual([4, 0])
      } else {
        expect(learned('outputImage')).toBe(hidden('outputImage'))
        expect(hidden('outputImage')).toBeGreaterThan(0)
        expect(hidden('outputText')).toBe(0)
      }
      for (const name of ['outputText', 'outputImage'])
        expect(batch.masked[name]!.filter((m) => m === 1)).toHaveLength(learned(name))
    }),
  )
})
