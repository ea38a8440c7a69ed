/** Deaths of an engine process, told apart; and one real process that runs into a limit of memory. */
import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { explainDeath, saysOutOfMemory, type Death, type Explanation } from './explain-death.ts'

const GB = 1e9
const death = (part: Partial<Death>): Death => ({
  code: null,
  signal: null,
  stderrTail: '',
  memoryCurve: [],
  freeMemory: null,
  ...part,
})
const full = { method: 'full', rank: null, batch: 16, accumulate: 1 } as const

describe.each<[string, Partial<Death>, Explanation['kind'], RegExp]>([
  [
    'killed by the system with little memory left',
    { signal: 'SIGKILL', memoryCurve: [{ resident: 6 * GB, free: 0.05 * GB }] },
    'memory',
    /^Memory ran out: the system ended it, and 50 MB were left just before; it held 6.0 GB/,
  ],
  [
    'killed while it held most of the memory',
    { signal: 'SIGKILL', memoryCurve: [{ resident: 7 * GB, free: GB }], freeMemory: 7.5 * GB },
    'memory',
    /held most of the memory there was/,
  ],
  [
    'code 137, as a container or a shell tells SIGKILL',
    { code: 137, memoryCurve: [{ resident: 7 * GB, free: GB }] },
    'memory',
    /Memory ran out/,
  ],
  [
    'grown past all there was between two looks',
    { signal: 'SIGKILL', memoryCurve: [{ resident: 3 * GB, free: null }], freeMemory: 4 * GB },
    'memory',
    /held most of the memory/,
  ],
  [
    'killed with memory to spare: somebody did it',
    { signal: 'SIGKILL', memoryCurve: [{ resident: 0.4 * GB, free: 20 * GB }], freeMemory: 21 * GB },
    'killed',
    /ended from outside \(SIGKILL\); it held 400 MB/,
  ],
  [
    'killed with memory to spare at the last look, and the kernel says what for',
    { signal: 'SIGKILL', memoryCurve: [{ resident: 0.4 * GB, free: 20 * GB }], killedForMemory: true },
    'memory',
    /^Memory ran out: the system ended the process for that; it held 400 MB/,
  ],
  [
    'broken while the kernel ended another',
    { signal: 'SIGSEGV', killedForMemory: true },
    'crash',
    /crashed \(SIGSEGV\)/,
  ],
  ['killed, and nothing is known', { signal: 'SIGKILL' }, 'killed', /ended from outside/],
  [
    'an abort of V8',
    {
      signal: 'SIGABRT',
      stderrTail: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    },
    'memory',
    /it said so itself/,
  ],
  [
    'an abort of C++',
    { code: 134, stderrTail: "terminate called after throwing 'std::bad_alloc'" },
    'memory',
    /said so/,
  ],
  [
    'the runtime',
    {
      code: 1,
      stderrTail: 'BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 268435456',
    },
    'memory',
    /said so/,
  ],
  ['a fork that found no room', { code: 1, stderrTail: 'Error: spawn ENOMEM' }, 'memory', /said so/],
  [
    'an abort for another reason',
    { signal: 'SIGABRT', stderrTail: 'assertion failed' },
    'crash',
    /crashed \(SIGABRT\)/,
  ],
  ['a crash', { signal: 'SIGSEGV', memoryCurve: [{ resident: 7 * GB, free: GB }] }, 'crash', /crashed \(SIGSEGV\)/],
  ['a crash as a code', { code: 139 }, 'crash', /code 139/],
  ['a polite end from outside', { signal: 'SIGTERM' }, 'killed', /ended by SIGTERM/],
  ['an end for no reason', { code: 0 }, 'ended', /code 0/],
  ['an exit with an error', { code: 7 }, 'crash', /code 7/],
])('%s', (_name, part, kind, message) => {
  test('is told as such', () => {
    const explained = explainDeath(death(part))
    expect(explained.kind).toBe(kind)
    expect(explained.message).toMatch(message)
    expect(explained.remedy).not.toBe('')
    expect(explained.proposal).toBeNull()
  })
})

describe('what to do when memory ran out', () => {
  const remedyOf = (training: NonNullable<Death['training']>): Explanation =>
    explainDeath(death({ code: 1, stderrTail: 'std::bad_alloc', training }))

  test.each<[NonNullable<Death['training']>, Explanation['proposal']]>([
    [full, { accumulate: 2 }],
    [{ ...full, accumulate: 4 }, { accumulate: 8 }],
    [{ ...full, batch: 12, accumulate: 4 }, { accumulate: 12 }],
    [{ ...full, batch: 15, accumulate: 1 }, { accumulate: 3 }],
    [
      { ...full, accumulate: 16 },
      { method: 'lora', rank: 8 },
    ],
    [{ method: 'lora', rank: 16, batch: 1, accumulate: 1 }, { rank: 8 }],
    [{ method: 'lora', rank: 1, batch: 1, accumulate: 1 }, null],
  ])('of %j is %j', (training, proposal) => {
    const { proposal: found, remedy } = remedyOf(training)
    expect(found).toEqual(proposal)
    expect(remedy).toContain('goes on from its last checkpoint')
  })

  test('a proposal of passes always divides the batch', () => {
    for (let batch = 2; batch <= 64; batch++)
      for (let accumulate = 1; accumulate < batch; accumulate++) {
        if (batch % accumulate !== 0) continue
        const passes = remedyOf({ ...full, batch, accumulate }).proposal!.accumulate!
        expect(batch % passes).toBe(0)
        expect(passes).toBeGreaterThan(accumulate)
      }
  })
})

test.each([
  ['Error: the model has no parameter', false],
  ['out of Memory', true],
  ['RangeError: Array buffer allocation failed', true],
])('%s: %s', (text, expected) => {
  expect(saysOutOfMemory(text)).toBe(expected)
})

test('a real process that runs into its limit is recognised', async () => {
  const hungry = 'const kept = []; for (;;) kept.push(new Array(1e5).fill({}))'
  const child = spawn(process.execPath, ['--max-old-space-size=24', '-e', hungry], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-8000)))
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (code, signal) => resolve([code, signal])),
  )
  const explained = explainDeath({ ...death({ code, signal, stderrTail: said }), training: full })
  expect(explained).toMatchObject({ kind: 'memory', proposal: { accumulate: 2 } })
})
