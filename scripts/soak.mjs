// npm run soak -- NAME: the full counts of what npm test samples. Results are kept under bench/results.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bench', 'soak')
const names = existsSync(folder)
  ? readdirSync(folder)
      .filter((f) => f.endsWith('.ts'))
      .map((f) => f.slice(0, -3))
  : []
const [name, ...rest] = process.argv.slice(2)
if (!names.includes(name)) {
  console.error(`Usage: npm run soak -- NAME [options], where NAME is one of: ${names.join(', ') || '(none yet)'}`)
  process.exit(2)
}
const { status } = spawnSync(process.execPath, [join(folder, `${name}.ts`), ...rest], { stdio: 'inherit' })
process.exit(status ?? 1)
