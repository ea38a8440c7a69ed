/**
 * Suites: those that ship, and the studio's own under DATA/suites. One comes as a folder below a server's root or as a
 * zip of one; it is taken in whole after the engine has checked every line and picture, or not at all.
 */
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { unzip } from 'fflate'
import { TandemError } from '../../../shared/errors.ts'
import { suiteAnswerSchema, suitesAnswerSchema, type SuiteInfo } from '../../../shared/bench-read.ts'
import type { StudioSuite } from '../../../shared/ipc-bench.ts'
import { newId } from '../../store/ids.ts'
import type { Lanes } from '../lanes.ts'

export interface Suites {
  list(): Promise<StudioSuite[]>
  /** What the engine finds it by: the name of one that ships, or the folder of one of ours. */
  reference(id: string): Promise<string>
  addFolder(folder: string): Promise<StudioSuite>
  addZip(file: string, name: string): Promise<StudioSuite>
  delete(id: string): Promise<void>
}

const MAX_BYTES = 2 ** 29
const MAX_FILES = 50_000
/** What a suite is made of; anything else in a folder is left where it is. */
const WANTED = /(^|\/)(suite\.json|prompts\.jsonl)$|\.(png|jpe?g|webp)$/i

export function createSuites(root: string, work: string, lanes: Lanes): Suites {
  const known = new Map<string, Promise<SuiteInfo>>()
  let shipped: Promise<SuiteInfo[]> | null = null

  function describe(folder: string): Promise<SuiteInfo> {
    const info = lanes
      .ask({ kind: 'bench-read', ask: { what: 'suite', suite: folder } })
      .then((answer) => suiteAnswerSchema.parse(answer).suite)
    return info.catch((error: unknown) => {
      // The engine names files by their paths; a person gave a folder or a zip, and knows names within it.
      if (!(error instanceof TandemError)) throw error
      throw new TandemError(error.message.replaceAll(folder + sep, ''), error.remedy, error.kind)
    })
  }

  function ofOurs(id: string): Promise<SuiteInfo> {
    let found = known.get(id)
    if (!found) {
      found = describe(join(root, id))
      known.set(id, found)
      found.catch(() => known.delete(id))
    }
    return found
  }

  const ours = async (): Promise<string[]> => (await readdir(root).catch(() => [])).sort()

  async function list(): Promise<StudioSuite[]> {
    shipped ??= lanes
      .ask({ kind: 'bench-read', ask: { what: 'suites' } })
      .then((answer) => suitesAnswerSchema.parse(answer).suites)
    shipped.catch(() => (shipped = null))
    const own = await Promise.all(
      (await ours()).map((id) =>
        ofOurs(id).then(
          (info) => [{ ...info, id, shipped: false }],
          // A folder that was damaged behind our back: no suite any more, and no reason to show none of the others.
          () => [],
        ),
      ),
    )
    return [...(await shipped).map((info) => ({ ...info, shipped: true })), ...own.flat()]
  }

  /** Checks what lies in a folder of ours and gives it its place. */
  async function adopt(temporary: string): Promise<StudioSuite> {
    const info = await describe(temporary)
    const twin = (await list()).find(({ hash }) => hash === info.hash)
    if (twin) return twin
    const id = newId()
    await mkdir(root, { recursive: true })
    await rename(temporary, join(root, id))
    return { ...info, id, shipped: false }
  }

  /** A folder to gather a suite in; gone afterwards unless it became one. */
  async function within<T>(gather: (temporary: string) => Promise<T>): Promise<T> {
    // Beside the suites, so that the last step is a rename.
    const temporary = join(work, `suite-${newId()}`)
    await mkdir(temporary, { recursive: true })
    try {
      return await gather(temporary)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }

  return {
    list,
    async reference(id) {
      if ((await ours()).includes(id)) return join(root, id)
      const found = (await list()).find((suite) => suite.id === id)
      if (!found) throw new TandemError('That suite is not here any more.', 'Choose another one, or add it again.')
      return found.name
    },
    addFolder: (folder) =>
      within(async (temporary) => {
        let [bytes, files] = [0, 0]
        const isSuite = await stat(join(folder, 'suite.json')).catch(() => null)
        if (!isSuite?.isFile()) throw noSuite('That folder')
        for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
          const path = join(entry.parentPath, entry.name)
          // Links are passed over: they may lead out of what this studio may read.
          if (!entry.isFile() || !WANTED.test(entry.name)) continue
          bytes += (await stat(path)).size
          if (bytes > MAX_BYTES || ++files > MAX_FILES) throw tooMuch()
          const target = join(temporary, path.slice(folder.length + 1))
          await mkdir(dirname(target), { recursive: true })
          await copyFile(path, target)
        }
        return adopt(temporary)
      }),
    addZip: (file, name) =>
      within(async (temporary) => {
        const files = await unpacked(await readFile(file), name)
        const top = Object.keys(files)
          .filter((path) => /(^|\/)suite\.json$/.test(path))
          .sort((a, b) => a.length - b.length)[0]
        if (top === undefined) throw noSuite(name)
        const base = top.slice(0, -'suite.json'.length)
        for (const [path, bytes] of Object.entries(files)) {
          if (!path.startsWith(base)) continue
          const target = join(temporary, ...path.slice(base.length).split('/'))
          await mkdir(dirname(target), { recursive: true })
          await writeFile(target, bytes)
        }
        return adopt(temporary)
      }),
    async delete(id) {
      if ((await ours()).includes(id)) await rm(join(root, id), { recursive: true, force: true })
      known.delete(id)
    },
  }
}

const noSuite = (what: string): TandemError =>
  new TandemError(
    `${what} holds no suite.json.`,
    'Give a suite: suite.json, prompts.jsonl and pictures, see docs/parabench.md.',
  )
const tooMuch = (): TandemError =>
  new TandemError('That is more than a suite may hold (512 MB, 50,000 files).', 'Scale its pictures down, or split it.')

/** The files of a zip that a suite may hold. Names that lead elsewhere are refused, sizes are known before unpacking. */
function unpacked(bytes: Uint8Array, name: string): Promise<Record<string, Uint8Array>> {
  let [total, count] = [0, 0]
  let refusal: TandemError | null = null
  return new Promise((resolve, reject) => {
    const filter = (entry: { name: string; originalSize: number }): boolean => {
      if (!WANTED.test(entry.name) || entry.name.startsWith('__MACOSX/')) return false
      if (entry.name.split(/[\\/]/).includes('..') || /^([\\/]|[A-Za-z]:)|[\0\\]/.test(entry.name))
        refusal ??= new TandemError(`${name} holds a name that leads out of its folder.`, 'Do not open it.')
      total += entry.originalSize
      if (total > MAX_BYTES || ++count > MAX_FILES) refusal ??= tooMuch()
      return refusal === null
    }
    unzip(bytes, { filter }, (error, files) => {
      if (refusal) reject(refusal)
      else if (error) reject(new TandemError(`${name} is not a zip file, or it is damaged.`, 'Pack the folder again.'))
      else resolve(files)
    })
  })
}
