/** `tandem bench engine`: where a step's time goes on this machine, and what acceleration saves here. */
import type { Command } from 'commander'
import { engineProfileSchema, type EngineProfile } from '../../shared/engine-profile.ts'
import { providerName, type ProviderChoice } from '../../shared/providers.ts'
import { providerFor } from '../providers.ts'
import { dataFolder } from '../service-host/data-folder.ts'
import { driveJob } from './drive.ts'
import { shippedModel } from './installation.ts'
import { createLive } from './live.ts'
import { integer, providerChoice, providerHelp } from './options.ts'
import { printJson } from './report.ts'

interface Options {
  readonly model: string
  readonly provider: ProviderChoice
  readonly rounds: number
  readonly json?: boolean
}

export function addEngineBench(bench: Command): void {
  bench
    .command('engine')
    .description("Time and work of a step by part, beside the machine's own matrix product; what --fast saves; memory.")
    .option('--model <dir>', 'model folder', shippedModel)
    .option('--provider <p>', providerHelp, providerChoice, 'auto')
    .option('--rounds <n>', 'measured forwards of each kind', integer(1, 1000), 10)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem bench engine\n  tandem bench engine --model models/parallel-m --rounds 1 --json',
    )
    .action(async ({ model, provider: choice, rounds, json }: Options) => {
      const provider = await providerFor(choice, dataFolder())
      const spec = { kind: 'engine-profile', model, provider, rounds } as const
      const found = engineProfileSchema.parse(await driveJob(spec, createLive()))
      if (json) return printJson(found)
      process.stdout.write(`${profileText(found)}\n`)
    })
}

const forwardWords: Readonly<Record<EngineProfile['forwards'][number]['name'], string>> = {
  reference: 'reference (every row, all logits)',
  exact: 'exact',
  guided: 'guided (two sequences)',
  kept: 'input kept',
}

function profileText(p: EngineProfile): string {
  const share = (ms: number, gflop: number): string => `${Math.round((100 * gflop) / (ms / 1000) / p.ceiling)} %`
  const cell = (text: string | number, width: number): string => String(text).padStart(width)
  const whole = p.parts.reduce((sum, { ms }) => sum + ms, 0)
  const exact = p.runs.find(({ speed }) => speed === 'exact')
  return [
    `${p.model.name} ${p.model.hash.slice(0, 8)}, ${(p.model.parameters / 1e6).toFixed(1)} M parameters in ${p.precision}, on ${providerName(p.provider)} (${p.threads} threads)`,
    `${p.sequence} positions, ${p.asked} asked; matrix product of it ${Math.round(p.ceiling)} GFLOP/s; ${p.rounds} rounds`,
    '',
    `${'forward'.padEnd(36)}${cell('ms', 9)}${cell('GFLOP', 9)}${cell('of ceiling', 12)}`,
    ...p.forwards.map(
      ({ name, ms, gflop }) =>
        `${forwardWords[name].padEnd(36)}${cell(ms.toFixed(1), 9)}${cell(gflop.toFixed(2), 9)}${cell(share(ms, gflop), 12)}`,
    ),
    '',
    `${'part of the exact forward'.padEnd(36)}${cell('ms', 9)}${cell('GFLOP', 9)}${cell('of time', 12)}`,
    ...p.parts.map(
      ({ part, ms, gflop }) =>
        `${part.padEnd(36)}${cell(ms.toFixed(2), 9)}${cell(gflop === null ? '-' : gflop.toFixed(2), 9)}${cell(`${Math.round((100 * ms) / whole)} %`, 12)}`,
    ),
    ...(exact
      ? [
          '',
          `${`one edit, ${exact.steps} steps`.padEnd(36)}${cell('ms', 9)}${cell('forwards', 9)}${cell('rows known', 12)}${cell('faster', 9)}`,
          ...p.runs.map(
            ({ speed, ms, forwards, known }) =>
              `${speed.padEnd(36)}${cell(ms.toFixed(0), 9)}${cell(forwards, 9)}${cell(`${Math.round(100 * known)} %`, 12)}${cell(`${(exact.ms / ms).toFixed(1)} x`, 9)}`,
          ),
        ]
      : []),
    '',
    `memory ${Math.round(p.memory.before / 2 ** 20)} MB before, ${Math.round(p.memory.peak / 2 ** 20)} MB at most`,
  ].join('\n')
}
