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

const helpOf = (command: readonly string[]): string =>
  spawnSync(process.execPath, [entry, ...command, '--help'], { encoding: 'utf8' }).stdout

/** Every command there is, found as a person finds them: each help lists what is below it. */
function* commandsBelow(command: readonly string[]): Generator<{ command: readonly string[]; help: string }> {
  const help = helpOf(command)
  const listed = help.split(/^Commands:$/m)[1]?.split('\n\n')[0]
  if (listed === undefined) {
    yield { command, help }
    return
  }
  for (const [, name] of listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)) {
    if (name !== 'help') yield* commandsBelow([...command, name!])
  }
}

it('every command has a help with an example of it', () => {
  const commands = [...commandsBelow([])]
  const names = commands.map(({ command }) => command.join(' '))
  expect(names).toEqual(
    expect.arrayContaining([
      ...['edit', 'generate', 'resume', 'trajectory show', 'trajectory film'],
      ...['world sample', 'eval', 'train sft', 'doctor', 'serve', 'studio'],
    ]),
  )
  for (const { command, help } of commands)
    expect(help, command.join(' ')).toMatch(new RegExp(`Examples?:\\n(.*\\n)* +tandem ${command.join(' ')}\\b`))
})
