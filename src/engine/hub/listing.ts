/** What a repository holds and what of it is taken: commit, licence, files with sizes and hashes. */
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { HubListing } from '../../shared/hub.ts'
import { safePath, type HubPlace } from './address.ts'
import { getJson, type HubOptions } from './client.ts'

/** A file to get, with what its bytes must hash to. */
export interface HubFile {
  readonly path: string
  readonly bytes: number
  /** SHA-256 of a large file, or git's own hash of a small one. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string } | null
}

export interface Listed {
  readonly listing: HubListing
  readonly files: readonly HubFile[]
}

const infoSchema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  gated: z.union([z.boolean(), z.string()]).nullish(),
  tags: z.array(z.string()).nullish(),
  cardData: z.looseObject({ license: z.unknown(), license_name: z.string().nullish() }).nullish(),
})

const treeSchema = z.array(
  z.looseObject({
    type: z.string(),
    path: z.string(),
    size: z.int().nonnegative().default(0),
    oid: z.string().nullish(),
    lfs: z.looseObject({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).nullish(),
  }),
)

const MAX_FILES = 10_000
const MAX_PAGES = 200

const encode = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

export const resolvePath = (place: Pick<HubPlace, 'repository'>, commit: string, file: string): string =>
  `${encode(place.repository)}/resolve/${commit}/${encode(file)}`

export async function listRepository(options: HubOptions, place: HubPlace): Promise<Listed> {
  const { repository, revision, folder } = place
  const strange = new TandemError(
    `${options.base.host} does not answer as a host of models does.`,
    'Check the address of the host.',
  )
  const about = infoSchema.safeParse(
    (await getJson(options, `api/models/${encode(repository)}/revision/${encodeURIComponent(revision)}`)).body,
  )
  if (!about.success) throw strange
  const info = about.data
  const entries: z.infer<typeof treeSchema> = []
  const start = `api/models/${encode(repository)}/tree/${info.sha}${folder === '' ? '' : `/${encode(folder)}`}?recursive=true`
  let next: string | null = start
  for (let page = 0; next !== null && page < MAX_PAGES; page++) {
    const { body, next: after } = await getJson(options, next)
    const parsed = treeSchema.safeParse(body)
    if (!parsed.success) throw strange
    entries.push(...parsed.data)
    if (entries.length > MAX_FILES)
      throw new TandemError('The repository holds too many files.', 'Name a folder in it.')
    next = after
  }
  const all = entries.filter(({ type }) => type === 'file')
  for (const { path } of all) safePath(path)
  const prefix = folder === '' ? '' : `${folder}/`
  const files: HubFile[] = []
  const left: HubListing['left'][number][] = []
  const inside = all.filter(({ path }) => path.startsWith(prefix))
  const halves = halfDoubles(inside.map(({ path }) => path))
  for (const { path, size, oid, lfs } of inside) {
    const why = halves.has(path) ? 'a second copy of the same weights' : whyLeft(path)
    if (why !== null) left.push({ path, why })
    else
      files.push({
        path,
        bytes: lfs?.size ?? size,
        hash: lfs
          ? { kind: 'sha256', hex: lfs.oid }
          : oid && /^[0-9a-f]{40}$/.test(oid)
            ? { kind: 'git', hex: oid }
            : null,
      })
  }
  checkWorth(files, left, repository)
  return {
    files,
    listing: {
      host: options.base.host,
      repository,
      folder,
      revision,
      commit: info.sha,
      licence: licenceOf(info),
      gated: Boolean(info.gated),
      files: files.map(({ path, bytes }) => ({ path, bytes })),
      left,
      bytes: sum(files),
      weights: sum(files.filter(({ path }) => path.endsWith('.safetensors'))),
    },
  }
}

const sum = (files: readonly HubFile[]): number => files.reduce((n, { bytes }) => n + bytes, 0)

const PICKLE = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i
const WANTED = /\.(safetensors|json|txt|model|md)$|(^|\/)(LICENSE|LICENCE|NOTICE)[^/]*$/i

/** Why a file stays where it is; null where it is taken. */
export function whyLeft(path: string): string | null {
  if (path.split('/').some((part) => part.startsWith('.'))) return 'belongs to the host'
  if (PICKLE.test(path)) return 'a pickle: reading it runs the code it holds'
  return WANTED.test(path) ? null : 'not needed to run the model'
}

/** `X.fp16.safetensors` beside `X.safetensors`: the plain one is what folders are read by. */
function halfDoubles(paths: readonly string[]): Set<string> {
  const all = new Set(paths)
  return new Set(
    paths.filter(
      (path) => all.has(path.replace(/\.(fp16|bf16|non_ema)(?=[.-])/, '')) && /\.(fp16|bf16|non_ema)[.-]/.test(path),
    ),
  )
}

function checkWorth(files: readonly HubFile[], left: HubListing['left'], repository: string): void {
  if (files.some(({ path }) => path.endsWith('.safetensors'))) return
  const pickles = left.filter(({ why }) => why.startsWith('a pickle')).length
  throw new TandemError(
    pickles > 0
      ? `${repository} holds its weights as pickles alone (${pickles}), which are never opened here.`
      : `${repository} holds no .safetensors file.`,
    'Choose a repository, or a folder in it, with the weights as safetensors.',
  )
}

function licenceOf({ cardData, tags }: z.infer<typeof infoSchema>): string | null {
  const said = cardData?.license_name ?? cardData?.license
  if (typeof said === 'string' && said !== '') return said
  if (Array.isArray(said)) return said.filter((each) => typeof each === 'string').join(', ') || null
  return tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null
}
