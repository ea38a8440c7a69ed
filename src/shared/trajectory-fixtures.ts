/**
 * Invented runs for tests: any sequence of commits, re-masks, drafts and edits that the rules allow, with the state
 * after each step kept by the most naive bookkeeping there is, so that the replay can be compared with it.
 */
import {
  quantiseConfidence,
  type Trajectory,
  type TrajectoryEvent,
  type TrajectoryHeader,
  type TrajectoryStep,
} from './trajectory.ts'

export interface RunShape {
  readonly seed: number
  readonly length: number
  readonly steps: number
  readonly vocabSize: number
  /** Chance that a decided position is masked again by a step; and that a person edits a position before it. */
  readonly remaskRate: number
  readonly editRate: number
}

/** [token, confidence, committedAt, candidate, candidateConfidence, pinned] of each position. */
export type Snapshot = readonly (readonly [number, number, number, number, number, number])[]

export function testHeader(part: Partial<TrajectoryHeader> = {}): TrajectoryHeader {
  const tokens = part.tokens ?? [7, 8, 9, 9, 9, 9]
  return {
    format: 'tandem-trajectory',
    version: 1,
    seed: 4294967295,
    mode: 'parallel',
    task: 'edit',
    steps: 8,
    schedule: { text: { kind: 'linear', steps: [1, 2, 3, 4] }, image: { kind: 'cosine', steps: [2, 4] } },
    guidance: { text: 0, image: 3.5 },
    temperatures: { text: 0.7, image: 1 },
    length: tokens.length,
    tokens,
    maskId: 9,
    fields: [{ name: 'outputText', start: 0, length: tokens.length, modality: 'text' }],
    image: { grid: 2, offset: 10, codebookSize: 20 },
    model: { name: 'storybook', hash: 'abcdef0123456789' },
    provider: 'cpu',
    instruction: 'put the \u{1f989} beside the moon: "é"',
    pinned: [],
    ...part,
  }
}

/** Mulberry32: enough chance for a test. */
export function chance(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export function randomRun(shape: RunShape): { trajectory: Trajectory; snapshots: Snapshot[] } {
  const random = chance(shape.seed)
  const below = (n: number): number => Math.floor(random() * n)
  const maskId = below(shape.vocabSize)
  const token = (): number => (maskId + 1 + below(shape.vocabSize - 1)) % shape.vocabSize
  const tokens = Array.from({ length: shape.length }, () => (random() < 0.3 ? token() : maskId))
  const pinned = tokens.flatMap((_, p) => (random() < 0.1 ? [p] : []))
  const header = testHeader({ tokens, maskId, seed: shape.seed, steps: Math.max(1, shape.steps), pinned })
  const masked: [number, number, number, number, number] = [maskId, 0, 0xffff, -1, 0]
  type Row = [number, number, number, number, number, number]
  let state = tokens.map((t, p): Row => {
    const pin = pinned.includes(p) ? 1 : 0
    return t === maskId ? [...masked, pin] : [t, 1, 0, -1, 0, pin]
  })
  const snapshots: Snapshot[] = [state.map((row) => [...row] as const)]
  const steps: TrajectoryStep[] = []
  const events: TrajectoryEvent[] = []
  for (let step = 1; step <= shape.steps; step++) {
    state = state.map((row, position): Row => {
      if (random() >= shape.editRate) return row
      const kind = (['replace', 'remask', 'pin', 'unpin'] as const)[below(4)]!
      if (kind === 'replace') {
        const value = token()
        events.push({ kind, step, position, token: value })
        return [value, 1, 0, -1, 0, row[5]]
      }
      events.push({ kind, step, position })
      return kind === 'remask' ? [...masked, row[5]] : [row[0], row[1], row[2], row[3], row[4], kind === 'pin' ? 1 : 0]
    })
    const remasked: number[] = []
    const commits = { positions: [] as number[], tokens: [] as number[], confidence: [] as number[] }
    const candidates = { positions: [] as number[], tokens: [] as number[], confidence: [] as number[] }
    const commitRate = random()
    const draftRate = random() < 0.3 ? random() : 1
    for (const p of shuffled(shape.length, below)) {
      const row = state[p]!
      if (row[2] !== 0xffff && random() < shape.remaskRate) {
        remasked.push(p)
        state[p] = [...masked, row[5]]
      }
      if (state[p]![2] !== 0xffff) continue
      const confidence = random() ** 3
      const kept = random() < commitRate
      if (!kept && random() >= draftRate) continue
      const drafted = state[p]![3]
      const value = drafted >= 0 && random() < 0.5 ? drafted : token()
      const into = kept ? commits : candidates
      into.positions.push(p)
      into.tokens.push(value)
      into.confidence.push(confidence)
      const c = quantiseConfidence(confidence)
      state[p] = kept ? [value, c, step, -1, 0, row[5]] : [maskId, 0, 0xffff, value, c, row[5]]
    }
    steps.push({ step, commits, remasked, candidates, forwards: below(4) })
    snapshots.push(state.map((row) => [...row] as const))
  }
  return { trajectory: { header, steps, events }, snapshots }
}

/** A run as the released sampler makes it: a prompt, then 1280 output positions, drafts for all that is still masked. */
export function largeRun(options: {
  vocabSize: number
  prompt: number
  output: number
  steps: number
  seed: number
}): Trajectory {
  const { vocabSize, prompt, output, steps: count, seed } = options
  const random = chance(seed)
  const maskId = vocabSize - 1
  const token = (): number => Math.floor(random() * (vocabSize - 1))
  const tokens = Array.from({ length: prompt + output }, (_, p) => (p < prompt ? token() : maskId))
  const open = shuffled(output, (n) => Math.floor(random() * n)).map((p) => p + prompt)
  const steps: TrajectoryStep[] = []
  for (let step = 1; step <= count; step++) {
    const left = Math.floor(output * Math.cos((Math.PI / 2) * (step / count)))
    const now = open.splice(0, step === count ? open.length : Math.max(0, open.length - left))
    const picks = (positions: readonly number[]): TrajectoryStep['commits'] => ({
      positions,
      tokens: positions.map(token),
      confidence: positions.map(() => random() ** 2),
    })
    steps.push({ step, commits: picks(now), remasked: [], candidates: picks([...open]), forwards: 2 })
  }
  return { header: testHeader({ tokens, maskId, seed, steps: count }), steps, events: [] }
}

function shuffled(n: number, below: (n: number) => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
