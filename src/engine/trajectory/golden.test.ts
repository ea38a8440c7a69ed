/**
 * A second reader, written from docs/formats.md alone, on a file that was written once and never changes. It shares no
 * code with the codec: if both agree on the golden file, the document tells the truth and old files stay readable. The
 * file is an invented run of 9 steps over 24 positions with edits and re-masks of every kind.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { frame } from '../../shared/trajectory-frame.ts'
import { hashTrajectory, readTrajectory } from './file.ts'

const goldenPath = join(import.meta.dirname, 'testdata', 'golden.tdm')
interface Mini {
  header: Record<string, unknown>
  forwards: number[]
  frames: {
    tokens: number[]
    confidence: number[]
    committedAt: number[]
    candidates: number[]
    candidateConfidence: number[]
    pinned: number[]
  }[]
}

function miniRead(file: Buffer): Mini {
  if (file.toString('latin1', 0, 4) !== 'TDM1' || file.readUInt16LE(4) !== 1) throw new Error('not a version 1 file')
  if (crc(file.subarray(0, -4)) !== file.readUInt32LE(file.length - 4)) throw new Error('wrong checksum')
  const [S, W, L, N, H] = [file[6]!, file[7]!, file.readUInt32LE(8), file.readUInt32LE(12), file.readUInt32LE(16)]
  const header = JSON.parse(file.toString('latin1', 20, 20 + H)) as Mini['header']
  let at = 20 + H
  const sections = [1, 2, 3, 4].map(() => {
    const [raw, packed] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)]
    const bytes = inflateRawSync(file.subarray(at + 8, at + 8 + packed))
    if (bytes.length !== raw) throw new Error('wrong section size')
    at += 8 + packed
    return bytes
  })
  if (at !== file.length - 4) throw new Error('bytes left over')
  const [given, commits, stepColumns, history] = sections as [Buffer, Buffer, Buffer, Buffer]

  let cursor = 0
  const varint = (b: Buffer): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = b.readUInt8(cursor++)
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  const plane = (b: Buffer, start: number, n: number, width: number, i: number): number => {
    let value = 0
    for (let w = 0; w < width; w++) value += b.readUInt8(start + w * n + i) * 256 ** w
    return value
  }
  const confidence = (q: number): number => Math.fround(Number(Math.exp(-13 * (q / 255) ** 2).toPrecision(6)))

  const times = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i))
  const forwards = times(N, () => varint(stepColumns))
  const counts = times(N, () => varint(stepColumns))
  const listed = counts.map((n) => {
    let p = -1
    return times(n, () => (p += varint(stepColumns)))
  })
  const C = counts.reduce((a, b) => a + b, 0)
  const columns = cursor
  cursor = 0
  let step = 0
  const rows = times(varint(history), () => {
    const kind = history.readUInt8(cursor++)
    step += varint(history)
    const position = varint(history)
    const token = kind === 0 || kind === 16 ? varint(history) : -1
    return { kind, step, position, token, level: kind === 0 ? history.readUInt8(cursor++) : 0 }
  })
  if (cursor !== history.length || columns + C * (W + 1) !== stepColumns.length)
    throw new Error('bytes left over in a section')

  const maskId = header.maskId as number
  const tokens = times(L, (p) => plane(given, 0, L, W, p))
  const state: Mini['frames'][number] = {
    tokens,
    confidence: tokens.map((t) => (t === maskId ? 0 : 1)),
    committedAt: tokens.map((t) => (t === maskId ? 0xffff : 0)),
    candidates: tokens.map(() => -1),
    candidateConfidence: tokens.map(() => 0),
    pinned: tokens.map((_, p) => ((header.pinned as number[]).includes(p) ? 1 : 0)),
  }
  const set = (p: number, token: number, c: number, committedAt: number): void => {
    state.tokens[p] = token
    state.confidence[p] = c
    state.committedAt[p] = committedAt
    state.candidates[p] = -1
    state.candidateConfidence[p] = 0
  }
  const lastListed = new Map<number, number>()
  const frames: Mini['frames'] = [structuredClone(state)]
  let c = 0
  for (let s = 1; s <= N; s++) {
    for (const row of rows.filter((r) => r.step === s)) {
      if (row.kind === 0) set(row.position, row.token, confidence(row.level), s)
      else if (row.kind === 16) set(row.position, row.token, 1, 0)
      else if (row.kind === 1 || row.kind === 17) set(row.position, maskId, 0, 0xffff)
      else state.pinned[row.position] = row.kind === 18 ? 1 : 0
    }
    for (let p = 0; p < L; p++) {
      if (plane(commits, 0, L, S, p) !== s) continue
      set(p, plane(commits, S * L, L, W, p), confidence(commits.readUInt8((S + W) * L + p)), s)
    }
    for (const p of listed[s - 1]!) {
      const stored = plane(stepColumns, columns, C, W, c)
      if (stored > 0) lastListed.set(p, stored - 1)
      state.candidates[p] = lastListed.get(p)!
      state.candidateConfidence[p] = confidence(stepColumns.readUInt8(columns + W * C + c))
      c++
    }
    frames.push(structuredClone(state))
  }
  return { header, forwards, frames }
}

function crc(bytes: Buffer): number {
  let c = 0xffffffff
  for (const byte of bytes) {
    c ^= byte
    for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  }
  return (c ^ 0xffffffff) >>> 0
}

test('a reader written from docs/formats.md alone sees what the codec sees', async () => {
  const trajectory = await readTrajectory(goldenPath)
  const mini = miniRead(readFileSync(goldenPath))
  const { tokens, ...header } = trajectory.header
  expect(mini.header).toEqual(header)
  expect(mini.frames[0]!.tokens).toEqual(tokens)
  expect(mini.forwards).toEqual(trajectory.steps.map((s) => s.forwards))
  mini.frames.forEach((seen, k) => {
    const { step, ...arrays } = frame(trajectory, k)
    expect(step).toBe(k)
    expect(seen).toEqual(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, [...array]])))
  })
})

test('the golden file still reads as the run it was written from, down to the last bit', async () => {
  const { header, steps, events } = await readTrajectory(goldenPath)
  expect([header.length, steps.length, header.seed, header.instruction]).toEqual([
    24,
    9,
    20260101,
    'put the \u{1f989} beside the moon: "é"',
  ])
  expect(new Set(events.map((e) => e.kind)).size).toBe(4)
  const commits = steps.flatMap((s) => s.commits.positions)
  expect(commits.length).toBeGreaterThan(new Set(commits).size)
  expect(hashTrajectory({ header, steps, events })).toBe(
    'f5c2938ef68af370863fb5cc9e86019e6a1829b4a594ce9d7706291788558143',
  )
})
