/** The product's command line as an experiment uses it: as a person would, in a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * One command: its output, and the CPU seconds of it and its children. What it says on the way is passed on, and so is a
 * signal to stop: a training run leaves its checkpoint.
 */
export async function tandem(...args: string[]): Promise<{ stdout: string; cpuSeconds: number }> {
  // The shell's `times` knows what its children used, and theirs.
  const script =
    '"$@" & trap "kill -TERM $!" TERM; while kill -0 $! 2>/dev/null; do wait $!; code=$?; done; times >&2; exit $code'
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, join(root, 'src/main/cli.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = (): void => void child.kill('SIGTERM')
  process.on('SIGINT', stop).on('SIGTERM', stop)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk)
    stderr = (stderr + chunk.toString('utf8')).slice(-10_000)
  })
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done))
  process.off('SIGINT', stop).off('SIGTERM', stop)
  if (code !== 0) throw new Error(`tandem ${args.join(' ')} ended with ${String(code)}`)
  const used = stderr.trimEnd().split('\n').at(-1)!
  const seconds = [...used.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s))
  return { stdout, cpuSeconds: Number(seconds.reduce((a, b) => a + b, 0).toFixed(1)) }
}
