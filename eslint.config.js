import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const strictRules = {
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  eqeqeq: 'error',
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'runs/', 'tandem-out/', 'resources/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    ignores: ['src/renderer/**', 'e2e/**', 'bench/studio*.ts', 'bench/soak/studio*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: strictRules,
  },
  {
    files: ['e2e/**/*.ts', 'bench/studio*.ts', 'bench/soak/studio*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './e2e/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: strictRules,
  },
  {
    files: ['src/renderer/**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./src/renderer/tsconfig.json', './src/renderer/tsconfig.test.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      ...strictRules,
      // Text from a model, a file or a person is a text node, always.
      'no-restricted-syntax': [
        'error',
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Text is a text node.' },
        {
          selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]',
          message: 'Text is a text node.',
        },
        {
          selector: "MemberExpression[property.name='randomUUID']",
          message: 'Missing from pages without a secure context (--insecure): use newId of ids.ts.',
        },
      ],
    },
  },
  // The engine and the shared contract never print: whoever drives them decides what is shown.
  { files: ['src/engine/**/*.ts', 'src/shared/**/*.ts'], rules: { 'no-console': 'error' } },
  {
    files: ['**/*.mjs', 'eslint.config.js', '**/*.cjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable', URL: 'readonly' } },
  },
)
