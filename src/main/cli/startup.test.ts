/** Starting is instant because a command loads what it needs when it runs, and help needs nothing. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const entry = fileURLToPath(new URL('../cli.ts', import.meta.url))
/** Names every package that is loaded on stderr. */
const spy = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({ resolve(name, context, next) {
    if (!/^(node:|\\.|file:|data:)/.test(name)) process.stderr.write('loads ' + name + '\\n')
    return next(name, context)
  } })
`)}`

it.each([
  [['--help']],
  [['edit', '--help']],
  [['train', 'sft', '--help']],
  [['--version']],
  [['edit', '--steps', 'abc']],
])('%j loads neither the runtime nor the picture library', (args) => {
  const { stderr } = spawnSync(process.execPath, ['--import', spy, entry, ...args], { encoding: 'utf8' })
  expect(stderr).toContain('loads commander')
  expect(stderr).not.toMatch(/loads (onnxruntime|sharp|@huggingface)/)
})

it.each([
  'edit',
  'generate',
  'resume',
  'trajectory show',
  'trajectory film',
  'world sample',
  'eval',
  'train sft',
  'doctor',
  'serve',
  'studio',
])('the help of %s has an example', (command) => {
  const { stdout } = spawnSync(process.execPath, [entry, ...command.split(' '), '--help'], { encoding: 'utf8' })
  expect(stdout).toMatch(new RegExp(`Examples?:\\n +tandem ${command} `))
})
