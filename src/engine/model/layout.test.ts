import { describe, expect, test } from 'vitest'
import { modelConfigSchema, taskNames } from '../../shared/model-config.ts'
import { fieldOrder, findField, isOutputField, requireField, resolveLayout } from './layout.ts'
import { shippedConfig } from './shipped.ts'
import { specialTokens } from './text-tokenizer.ts'
import { noOptions, tinyConfig, tinyImage } from './testing.ts'

const config = tinyConfig()
const id = (token: (typeof specialTokens)[number]): number => specialTokens.indexOf(token)
const [pad, soi, eoi, bos] = [id('<pad>'), id('<soi>'), id('<eoi>'), id('<bos>')]
const pads = (n: number): number[] => new Array<number>(n).fill(pad)

describe('the layouts of the paper: task soi [image] eoi bos [instruction], then soi [image] eoi bos [reasoning]', () => {
  const picture = [soi, ...pads(4), eoi]
  const templates = {
    edit: [id('<edit>'), ...picture, bos, ...pads(5), ...picture, bos, ...pads(6)],
    generate: [id('<generate>'), bos, ...pads(5), ...picture, bos, ...pads(6)],
    editImageOnly: [id('<edit-image-only>'), ...picture, bos, ...pads(5), ...picture],
    generateImageOnly: [id('<generate-image-only>'), bos, ...pads(5), ...picture],
  }
  test.each(taskNames)('%s: control tokens at their places, pads where a sample will stand', (task) => {
    const layout = resolveLayout(config, task)
    expect([...layout.template]).toEqual(templates[task])
    expect(layout.length).toBe(templates[task].length)
  })
})

test.each(taskNames)('%s: fields lie apart, in order, over pads only, numbered by kind', (task) => {
  const layout = resolveLayout(config, task)
  let end = 0
  for (const field of layout.fields) {
    expect(field.start).toBeGreaterThanOrEqual(end)
    end = field.start + field.length
    for (let p = field.start; p < end; p++) {
      expect(layout.template[p]).toBe(pad)
      expect(layout.segmentOf[p]).toBe(1 + fieldOrder.indexOf(field.name))
    }
    expect(field.modality).toBe(field.name.endsWith('Image') ? 'image' : 'text')
  }
  expect(end).toBeLessThanOrEqual(layout.length)
  expect(layout.segmentOf.filter((s) => s > 0)).toHaveLength(layout.fields.reduce((n, field) => n + field.length, 0))
})

test.each(taskNames)('%s: everything before outputStart is condition, and an output field starts there', (task) => {
  const { fields, outputStart } = resolveLayout(config, task)
  for (const field of fields) expect(isOutputField(field.name)).toBe(field.start >= outputStart)
  expect(fields.some((field) => field.start === outputStart)).toBe(true)
})

test('the output picture stands before the output text', () => {
  const layout = resolveLayout(config, 'edit')
  expect(requireField(layout, 'outputImage').start).toBeLessThan(requireField(layout, 'outputText').start)
})

test('a field that a task lacks is undefined, or named where it is needed', () => {
  const layout = resolveLayout(config, 'generateImageOnly')
  expect(findField(layout, 'outputText')).toBeUndefined()
  expect(() => requireField(layout, 'inputImage')).toThrow('the generateImageOnly layout has no inputImage')
})

test('a model that cannot be is not described: heads, vocabulary, grid', () => {
  const sizes = {
    name: 'x',
    dModel: 16,
    layers: 1,
    heads: 2,
    mlpHidden: 8,
    ropeTheta: 100,
    options: noOptions,
    instructionLength: 4,
    reasoningLength: 4,
  }
  expect(() => shippedConfig({ ...sizes, heads: 3 }, 20, tinyImage, 8)).toThrow('multiple of 2 x heads')
  expect(() => shippedConfig({ ...sizes, dModel: 6 }, 20, tinyImage, 8)).toThrow('multiple of 2 x heads')
  expect(() => shippedConfig(sizes, 20, tinyImage, 9)).toThrow()
  expect(modelConfigSchema.safeParse({ ...config, textVocabSize: config.vocabSize + 1 }).success).toBe(false)
})
