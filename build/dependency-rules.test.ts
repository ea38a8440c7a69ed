/** Every rule of dependency-rules.cjs can fail: a small tree that breaks it is cruised, and the rule is named. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const rules = createRequire(import.meta.url)('./dependency-rules.cjs') as { forbidden: { name: string }[] }
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
  'src/main/cli/edit.ts': `import '../../engine/runtime/fine.ts'\n`,
  'src/main/jobs/worker.ts': `import '../../engine/runtime/fine.ts'\n`,
  'src/main/screen.ts': `import '../renderer/app/shell.ts'\n`,
  'src/main/electron/fine.ts': `import 'electron'\n`,
  'src/main/server/window.ts': `import 'electron'\n`,
  'src/main/store/fine.ts': `import 'better-sqlite3'\n`,
  'src/main/sql.ts': `import 'better-sqlite3'\n`,
  'src/engine/sql.ts': `import 'better-sqlite3'\n`,
  'src/shared/fine.ts': `import 'zod'\n`,
  'src/preload/index.ts': `import '../shared/fine.ts'\nimport '../main/store/fine.ts'\n`,
  'src/renderer/app/shell.ts': `import '../../shared/fine.ts'\nimport '../features/train/panel.ts'\n`,
  'src/renderer/app/reach.ts': `import '../../engine/runtime/fine.ts'\n`,
  'src/renderer/features/train/panel.ts': `import './row.ts'\n`,
  'src/renderer/features/train/row.ts': '',
  'src/renderer/features/bench/panel.ts': `import '../train/row.ts'\n`,
  ...packageFiles('electron'),
  ...packageFiles('better-sqlite3'),
  ...packageFiles('zod'),
  ...packageFiles('onnxruntime-node'),
  ...packageFiles('vitest'),
}

function packageFiles(name: string): Record<string, string> {
  const at = `node_modules/${name}`
  return {
    [`${at}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
    [`${at}/index.js`]: '',
  }
}

beforeAll(async () => {
  tree = await realpath(await mkdtemp(join(tmpdir(), 'tandem-rules-')))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, name)), { recursive: true })
    await writeFile(join(tree, name), text)
  }
  await writeFile(
    join(tree, 'package.json'),
    JSON.stringify({
      name: 'rules',
      type: 'module',
      dependencies: { 'onnxruntime-node': '*', electron: '*', 'better-sqlite3': '*', zod: '*' },
      devDependencies: { vitest: '*' },
    }),
  )
  await writeFile(
    join(tree, 'tsconfig.check.json'),
    JSON.stringify({ compilerOptions: { module: 'nodenext', allowImportingTsExtensions: true, noEmit: true } }),
  )
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
    const { stdout, stderr } = spawnSync(process.execPath, [cli, '--config', config, '--output-type', 'json', 'src'], {
      cwd: tree,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } }
    const broken: Record<string, string[]> = {}
    for (const { name } of rules.forbidden) {
      broken[name] = [...new Set(summary.violations.filter((v) => v.rule.name === name).map((v) => v.from))].sort()
    }
    // All rules there are: one without a file that breaks it is a difference here.
    expect(broken).toEqual({
      'no-cycles': ['src/engine/a.ts'],
      'shared-imports-zod-only': ['src/shared/bad.ts', 'src/shared/node.ts'],
      'engine-imports-shared-only': ['src/engine/up.ts'],
      'engine-without-hosts': ['src/engine/host.ts', 'src/engine/sql.ts'],
      'runtime-owns-onnxruntime': ['src/engine/model/direct.ts'],
      'main-reaches-engine-through-worker-and-cli': ['src/main/other.ts'],
      'main-imports-no-screens': ['src/main/screen.ts'],
      'electron-stays-in-its-host': ['src/engine/host.ts', 'src/main/server/window.ts'],
      'preload-imports-shared-only': ['src/preload/index.ts'],
      'renderer-imports-shared-only': ['src/renderer/app/reach.ts'],
      'features-stay-apart': ['src/renderer/features/bench/panel.ts'],
      'store-owns-sqlite': ['src/engine/sql.ts', 'src/main/sql.ts'],
      'graph-is-pure': ['src/engine/graph/impure.ts'],
      'sampler-knows-no-model': ['src/engine/sampler/knows.ts'],
      'bench-judges-from-outside': ['src/engine/bench/judge.ts'],
      'no-dev-dependencies-in-the-product': ['src/engine/dev.ts'],
    })
  })
})
