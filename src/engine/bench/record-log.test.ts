/** A log that is killed at any byte keeps every whole line and nothing else. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openLine, openRecordLog, readRecords, sealLine } from './record-log.ts'

const schema = z.strictObject({ id: z.string(), value: z.number().nullable() })
const record = fc.record({
  id: fc.string({ unit: 'binary', maxLength: 20 }),
  value: fc.option(fc.integer()),
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-log-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a line is plain JSON, reads back as what it was, and no change to it goes unnoticed', () => {
  fc.assert(
    fc.property(record, fc.nat(), fc.integer({ min: 1, max: 127 }), (r, at, flip) => {
      const line = sealLine(r)
      expect(JSON.parse(line)).toMatchObject(r)
      expect(openLine(line, schema)).toEqual(r)
      const place = at % line.length
      const changed = line.slice(0, place) + String.fromCharCode(line.charCodeAt(place) ^ flip) + line.slice(place + 1)
      expect(openLine(changed, schema)).toBeUndefined()
    }),
  )
})

test('cut at any byte it keeps the whole lines, and grows again from there', async () => {
  const records = [1, 2, 3, 4].map((value) => ({ id: `é${value}`, value }))
  const path = join(folder, 'cut.jsonl')
  const { log } = await openRecordLog(path, schema)
  records.forEach((r) => log.append(r))
  log.close()
  const whole = await readFile(path)
  const ends = records.map((_, i) =>
    Buffer.byteLength(
      records
        .slice(0, i + 1)
        .map((r) => sealLine(r) + '\n')
        .join(''),
    ),
  )
  for (let cut = 0; cut <= whole.length; cut += 7) {
    await writeFile(path, whole.subarray(0, cut))
    const again = await openRecordLog(path, schema)
    const kept = ends.filter((end) => end <= cut).length
    expect(again.records).toEqual(records.slice(0, kept))
    again.log.append({ id: 'new', value: null })
    again.log.close()
    expect((await readRecords(path, schema)).records).toEqual([...records.slice(0, kept), { id: 'new', value: null }])
  }
})

test('a damaged line in the middle is dropped alone', async () => {
  const path = join(folder, 'middle.jsonl')
  const lines = [1, 2, 3].map((value) => sealLine({ id: 'x', value }))
  await writeFile(path, [lines[0], lines[1]!.replace('2', '5'), lines[2], ''].join('\n'))
  const { records, dropped } = await readRecords(path, schema)
  expect({ values: records.map((r) => r.value), dropped }).toEqual({ values: [1, 3], dropped: 1 })
})

test('a place that cannot be written is said in words', async () => {
  await expect(openRecordLog(join(folder, 'nowhere', 'x.jsonl'), schema)).rejects.toThrow(/folder does not exist/)
})
