// npm run demo: edits the sample picture with the model that ships and says where to look.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sample = join(root, 'resources', 'demo')
const out = join(root, 'runs', 'demo')
const instruction = readFileSync(join(sample, 'instruction.txt'), 'utf8').trim()

function tandem(...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'tandem.mjs'), ...args], {
    stdio: ['ignore', 2, 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 1)
}

const picture = join(sample, 'scene.png')
console.log(`Picture:     ${relative(root, picture)}`)
console.log(`Instruction: ${instruction}\n`)
tandem('edit', '--image', picture, '--instruction', instruction, '--seed', '7', '--out', out)
tandem('trajectory', 'film', join(out, 'trajectory.tdm'), '--out', join(out, 'film.png'))
console.log(`\nReasoning:   ${readFileSync(join(out, 'reasoning.txt'), 'utf8').trim()}`)
console.log(`Look at      ${relative(root, join(out, 'image.png'))}  (the edited picture)`)
console.log(`and at       ${relative(root, join(out, 'film.png'))}   (picture and reasoning emerging together)`)
