/** `tandem provider`: what this machine computes with, and the libraries of CUDA, which are too large to come along. */
import { spawn } from 'node:child_process'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { TandemError } from '../../shared/errors.ts'
import { providerWords, type ProvidersFound } from '../../shared/providers.ts'
import { foundEarlier, measure } from '../providers.ts'
import { dataFolder } from '../service-host/data-folder.ts'
import { oneOf } from './options.ts'
import { note, printJson } from './report.ts'

export function addProviderCommand(program: Command): void {
  const provider = program.command('provider').description('Processor and devices that models can run on here.')

  provider
    .command('list')
    .description('What works here, how fast, and why the rest does not. Measured once a machine, and kept.')
    .option('--measure', 'measure again, a second for each that works')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  tandem provider list\n  tandem provider list --measure --json')
    .action(async (options: { measure?: boolean; json?: boolean }) => {
      const known = options.measure ? null : await foundEarlier(dataFolder())
      const found = known ?? (await measured())
      if (options.json) printJson(found)
      else process.stdout.write(foundText(found))
    })

  provider
    .command('install')
    .description('Fetch the CUDA libraries of ONNX Runtime. Says what comes from where, and asks first.')
    .argument('<what>', 'cuda', oneOf(['cuda'] as const, 'provider that can be installed'))
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tandem provider install cuda')
    .action((_what: string, options: { yes?: boolean; json?: boolean }) => installCuda(options))
}

async function measured(): Promise<ProvidersFound> {
  const probed = await measure(dataFolder())
  if (probed.found) return probed.found
  throw new TandemError(
    `The providers could not be probed: ${probed.reason}.`,
    'Update the drivers of this machine.',
    'environment',
  )
}

function foundText({ chosen, reports }: ProvidersFound): string {
  return reports
    .map(({ name, available, reason, gflops }) => {
      const words = available
        ? `works${gflops === undefined ? '' : `, ${gflops.toPrecision(3)} GFLOP/s`}${name === chosen ? ', chosen' : ''}`
        : `refused: ${reason ?? ''}`
      return `${name === chosen ? '*' : ' '} ${providerWords[name].padEnd(10)} ${words}\n`
    })
    .join('')
}

/** The package, what its script fetches, and what it needs on disk: the archive and what is taken out of it. */
const CUDA = {
  archive: 'Microsoft.ML.OnnxRuntime.Gpu.Linux',
  host: 'api.nuget.org',
  files: [
    'libonnxruntime_providers_shared.so',
    'libonnxruntime_providers_cuda.so',
    'libonnxruntime_providers_tensorrt.so',
  ],
  bytes: 1.5e9,
} as const

async function installCuda({ yes = false, json = false }: { yes?: boolean; json?: boolean }): Promise<void> {
  const { platform, arch } = process
  if (platform === 'win32')
    throw new TandemError(
      'On Windows a GPU is used through DirectML, which is here already.',
      'See "tandem provider list".',
    )
  if (platform !== 'linux' || arch !== 'x64')
    throw new TandemError(
      `ONNX Runtime has no CUDA for ${platform} on ${arch}.`,
      'See what works: "tandem provider list".',
    )
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  const folder = join(root, 'bin', 'napi-v6', platform, arch)
  await checkPlace(folder)
  note(
    [
      `CUDA for ONNX Runtime: the package ${CUDA.archive} from ${CUDA.host} (MIT licence), over 400 MB,`,
      `of which ${CUDA.files.length} libraries go to the folder of onnxruntime-node (about 1.5 GB of disk while it works).`,
      'A driver of NVIDIA, CUDA 12 and cuDNN 9 have to be installed on this machine; they are not part of it.',
    ].join('\n'),
  )
  if (!yes && !process.stdin.isTTY)
    throw new TandemError(
      'Nothing was downloaded: nobody can be asked here.',
      'To go ahead without being asked: --yes.',
    )
  if (!yes && !(await agreed())) throw new TandemError('Nothing was downloaded.', '', 'cancelled')
  await runInstaller(root)
  const missing: string[] = []
  for (const name of CUDA.files) if (!(await stat(join(folder, name)).catch(() => null))) missing.push(name)
  if (missing.length > 0)
    throw new TandemError(`The download left out ${missing.join(', ')}.`, 'Try again later.', 'environment')
  const found = await measured()
  if (json) return printJson(found)
  process.stdout.write(foundText(found))
  const cuda = found.reports.find(({ name }) => name === 'cuda')
  if (!cuda?.available) note('The libraries are here, and CUDA does not start yet: the reason is above.')
}

async function checkPlace(folder: string): Promise<void> {
  await access(folder, constants.W_OK).catch(() => {
    throw new TandemError('The folder of this installation is read-only.', 'Run it as the one who installed Tandem.')
  })
  const disk = await statfs(folder)
  if (Number(disk.bavail) * Number(disk.bsize) < CUDA.bytes)
    throw new TandemError('Less than 1.5 GB are free on the disk of this installation.', 'Free some space first.')
}

async function agreed(): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`Download it from ${CUDA.host}? [y/N] `)).trim())
  } finally {
    lines.close()
  }
}

/** The package's own script, which knows which version belongs to it. */
function runInstaller(root: string): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'script', 'install.js')], {
    cwd: root,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'cuda12' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => note(chunk.toString().trimEnd()))
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve()
      const why = /(?:Error|code:)[: ]+'?([^\n']{3,200})/.exec(said)?.[1] ?? said.trim().split('\n').at(-1) ?? ''
      reject(
        new TandemError(
          `The libraries could not be fetched from ${CUDA.host}: ${why.trim() || `the installer ended with ${code ?? '?'}`}.`,
          'Check the network (a proxy: GLOBAL_AGENT_HTTPS_PROXY) and try again; nothing was changed.',
          'environment',
        ),
      )
    })
  })
}
