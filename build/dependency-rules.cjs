/**
 * Who imports whom. Each rule is one sentence of ARCHITECTURE.md; build/dependency-rules.test.ts shows that each can fail.
 */
const tests = '\\.test\\.ts$|/testing\\.ts$|-fixtures\\.ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'No module depends on itself, however long the way round.',
      severity: 'error',
      from: { path: '^(src|scripts|bench|build)/' },
      to: { circular: true },
    },
    {
      name: 'shared-imports-zod-only',
      comment: 'The contract is types and zod: no Node, no DOM, nothing of the other folders.',
      severity: 'error',
      from: { path: '^src/shared/', pathNot: tests },
      to: { pathNot: ['^src/shared/', 'node_modules/zod/'] },
    },
    {
      name: 'engine-imports-shared-only',
      comment: 'The engine is a plain Node library: of the other folders it knows the contract alone.',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: '^src/', pathNot: '^src/(engine|shared)/' },
    },
    {
      name: 'engine-without-hosts',
      comment: 'The engine never sees Electron, SQLite or React.',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: 'node_modules/(electron|better-sqlite3|react|react-dom|konva)/' },
    },
    {
      name: 'runtime-owns-onnxruntime',
      comment: 'src/engine/runtime is the only importer of onnxruntime-node.',
      severity: 'error',
      from: { path: '^(src|scripts|bench|build)/', pathNot: '^src/engine/runtime/' },
      to: { path: 'node_modules/onnxruntime-' },
    },
    {
      name: 'main-reaches-engine-through-worker-and-cli',
      comment:
        'Only the worker entry and the command line import the engine; everything else speaks to it in messages.',
      severity: 'error',
      from: { path: '^src/main/', pathNot: ['^src/main/jobs/worker', '^src/main/cli(\\.ts|/)', tests] },
      to: { path: '^src/engine/' },
    },
    {
      name: 'main-imports-no-screens',
      comment: 'A host knows the contract and the engine, never what is drawn: screens are reached by messages.',
      severity: 'error',
      from: { path: '^src/main/' },
      to: { path: '^src/(?!(main|shared|engine)/)' },
    },
    {
      name: 'electron-stays-in-its-host',
      comment:
        "Only Electron's own host and the preload script import electron: everything else runs under plain Node.",
      severity: 'error',
      from: { path: '^(src|scripts|bench|build)/', pathNot: '^src/(main/(index\\.ts$|electron/)|preload/)' },
      to: { path: 'node_modules/electron/' },
    },
    {
      name: 'preload-imports-shared-only',
      comment: 'The preload script builds the window API from the contract and has no logic of its own.',
      severity: 'error',
      from: { path: '^src/preload/' },
      to: { path: '^src/(?!(preload|shared)/)' },
    },
    {
      name: 'renderer-imports-shared-only',
      comment: 'Screens know the contract alone; everything else is behind it.',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^src/(?!(renderer|shared)/)' },
    },
    {
      name: 'features-stay-apart',
      comment: 'Features never import each other; what two of them need belongs below both.',
      severity: 'error',
      from: { path: '^src/renderer/features/([^/]+)/' },
      to: { path: '^src/renderer/features/', pathNot: '^src/renderer/features/$1/' },
    },
    {
      name: 'store-owns-sqlite',
      comment: 'src/main/store is the only importer of better-sqlite3.',
      severity: 'error',
      from: { path: '^(src|scripts|bench|build)/', pathNot: '^src/main/store/' },
      to: { path: 'node_modules/better-sqlite3/' },
    },
    {
      name: 'graph-is-pure',
      comment: 'A graph is built without a runtime, a file or a process.',
      severity: 'error',
      from: { path: '^src/engine/graph/', pathNot: tests },
      to: { path: ['^src/engine/(?!graph/)', '^(node:)?(fs|child_process|os)'] },
    },
    {
      name: 'sampler-knows-no-model',
      comment: 'The sampler sees a Predictor and trajectories, never a model or a runtime.',
      severity: 'error',
      from: { path: '^src/engine/sampler/', pathNot: tests },
      to: { path: '^src/engine/(model|runtime|graph|train|bench)/' },
    },
    {
      name: 'bench-judges-from-outside',
      comment: 'The judge reads pictures and text; it knows the world, not the model that drew them.',
      severity: 'error',
      from: { path: '^src/engine/bench/judge', pathNot: tests },
      to: { path: '^src/engine/(model|sampler|train|runtime|graph)/' },
    },
    {
      name: 'no-dev-dependencies-in-the-product',
      comment: 'What ships imports packages from dependencies alone; electron is what it ships in.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/electron/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.check.json' },
    // A type costs nothing at run time but binds two modules all the same.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      mainFields: ['module', 'main'],
    },
  },
}
