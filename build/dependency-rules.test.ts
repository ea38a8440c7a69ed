/** Every rule of dependency-rules.cjs can fail: a small tree that breaks it is cruised, and the rule is named. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
let tree: string

const files: Readonly<Record<string, string>> = {
  'src/shared/bad.ts': `import '../engine/a.ts'\n`,
  'src/shared/node.ts': `import 'node:fs'\n`,
  'src/engine/a.ts': `import './b.ts'\n`,
  'src/engine/b.ts': `import './a.ts'\n`,
  'src/engine/up.ts': `import '../main/other.ts'\n`,
  'src/engine/host.ts': `import 'electron'\n`,
  'src/engine/model/direct.ts': `import 'onnxruntime-node'\n`,
  'src/engine/runtime/fine.ts': `import 'onnxruntime-node'\n`,
  'src/engine/graph/impure.ts': `import 'node:fs'\n`,
  'src/engine/sampler/knows.ts': `import '../model/direct.ts'\n`,
  'src/engine/bench/judge.ts': `import '../model/direct.ts'\n`,
  'src/engine/dev.ts': `import 'vitest'\n`,
  'src/main/other.ts': `import '../engine/runtime/fine.ts'\n`,
  'src/main/cli.ts': `import '../engine/runtime/fine.ts'\n`,
  ...packageFiles('electron'),
  ...packageFiles('onnxruntime-node'),
  ...packageFiles('vitest'),
}

function packageFiles(name: string): Record<string, string> {
  const at = `node_modules/${name}`
  return { [`${at}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }), [`${at}/index.js`]: '' }
}

beforeAll(async () => {
  tree = await realpath(await mkdtemp(join(tmpdir(), 'tandem-rules-')))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, name)), { recursive: true })
    await writeFile(join(tree, name), text)
  }
  await writeFile(join(tree, 'package.json'), JSON.stringify({ name: 'rules', type: 'module', dependencies: { 'onnxruntime-node': '*', electron: '*' }, devDependencies: { vitest: '*' } }))
  await writeFile(join(tree, 'tsconfig.check.json'), JSON.stringify({ compilerOptions: { module: 'nodenext', allowImportingTsExtensions: true, noEmit: true } }))
})
afterAll(() => rm(tree, { recursive: true, force: true }))

interface Violation {
  readonly from: string
  readonly rule: { readonly name: string }
}

describe('the dependency rules', () => {
  it('each catches the file that breaks it, and no more', () => {
    const cli = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs')
    const config = join(root, 'build', 'dependency-rules.cjs')
    const { stdout, stderr } = spawnSync(process.execPath, [cli, '--config', config, '--output-type', 'json', 'src'], { cwd: tree, encoding: 'utf8' })
    expect(stderr).toBe('')
    const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } }
    const broken = (name: string): string[] => [...new Set(summary.violations.filter((v) => v.rule.name === name).map((v) => v.from))].sort()
    expect(broken('no-cycles')).toEqual(['src/engine/a.ts'])
    expect(broken('shared-imports-zod-only')).toEqual(['src/shared/bad.ts', 'src/shared/node.ts'])
    expect(broken('engine-imports-shared-only')).toEqual(['src/engine/up.ts'])
    expect(broken('engine-without-hosts')).toEqual(['src/engine/host.ts'])
    expect(broken('runtime-owns-onnxruntime')).toEqual(['src/engine/model/direct.ts'])
    expect(broken('main-reaches-engine-through-worker-and-cli')).toEqual(['src/main/other.ts'])
    expect(broken('graph-is-pure')).toEqual(['src/engine/graph/impure.ts'])
    expect(broken('sampler-knows-no-model')).toEqual(['src/engine/sampler/knows.ts'])
    expect(broken('bench-judges-from-outside')).toEqual(['src/engine/bench/judge.ts'])
    expect(broken('no-dev-dependencies-in-the-product')).toEqual(['src/engine/dev.ts'])
  })
})
