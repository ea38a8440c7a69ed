/**
 * The exact judge on trial: 1,000 ground truths and 1,000 planted errors, every one to be called rightly. Prints the
 * confusion table of docs/parabench.md. Usage: npm run soak -- judge [truths] [errors] [seed]
 */
import { proveJudge } from '../../src/engine/bench/judge-proof-fixtures.ts'
import { loadWorld } from '../../src/engine/data/world/world.ts'
import { saveResult } from '../lib.ts'

const [truths, errors, seed] = [process.argv[2] ?? 1000, process.argv[3] ?? 1000, process.argv[4] ?? 20261203].map(
  Number,
)
const { rows, ms, msWithReasons } = proveJudge(await loadWorld(), truths!, errors!, seed!)
const columns = ['right/right', 'wrong/right', 'right/wrong', 'wrong/wrong']
console.log(`| planted | expected | n | ${columns.join(' | ')} | misjudged |`)
console.log(`|${' --- |'.repeat(4 + columns.length)}`)
for (const { kind, expected, count, said, wrong } of rows)
  console.log(`| ${[kind, expected, count, ...columns.map((c) => said[c] ?? 0), wrong.length].join(' | ')} |`)
const wrong = rows.flatMap((row) => row.wrong.map((w) => ({ kind: row.kind, ...w })))
for (const w of wrong.slice(0, 20)) console.error(w)
for (const [what, { median, p99 }] of [
  ['a judgement', ms],
  ['with its reasons', msWithReasons],
] as const)
  console.log(`${median.toFixed(2)} ms ${what} (99 %: ${p99.toFixed(2)} ms)`)
console.log(`${wrong.length} misjudged`)
await saveResult('soak-judge', {
  truths,
  errors,
  seed,
  ms,
  ms_with_reasons: msWithReasons,
  misjudged: wrong.length,
  rows,
})
process.exitCode = wrong.length === 0 ? 0 : 1
