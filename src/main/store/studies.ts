/** Blind votes between two runs: what is shown, in which order and on which side, and what a person said to it. */
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { voteSchema, type Vote } from '../../shared/bench-read.ts'
import type { Study } from '../../shared/ipc-bench.ts'
import type { Database } from './database.ts'

/** `same`: there is nothing to choose, so that it is not shown; those stand last. */
const pairsSchema = z.array(z.strictObject({ id: z.string(), seed: z.int(), aOnRight: z.boolean(), same: z.boolean() }))
export type StudyPair = z.infer<typeof pairsSchema>[number]

export interface StudyStore {
  insert(study: Pick<Study, 'id' | 'a' | 'b' | 'seed' | 'createdAt'>, pairs: readonly StudyPair[]): void
  /** Throws where it is not there. */
  get(id: string): Study
  list(): Study[]
  /** In the order in which they are shown. */
  pairs(id: string): StudyPair[]
  /** By place. */
  votes(id: string): Map<number, Vote>
  /** Null takes it back. */
  vote(id: string, place: number, vote: Vote | null): void
  delete(id: string): void
}

interface Row {
  readonly id: string
  readonly a: string
  readonly b: string
  readonly seed: number
  readonly created_at: number
  readonly count: number
  readonly same: number
  readonly voted: number
}

export function createStudyStore(db: Database): StudyStore {
  const columns = `id, a, b, seed, created_at, json_array_length(pairs) AS count,
    (SELECT count(*) FROM json_each(pairs) WHERE json_extract(value, '$.same')) AS same,
    (SELECT count(*) FROM votes WHERE study = studies.id) AS voted`
  const insert = db.prepare('INSERT INTO studies (id, a, b, seed, created_at, pairs) VALUES (?, ?, ?, ?, ?, ?)')
  const one = db.prepare<[string], Row>(`SELECT ${columns} FROM studies WHERE id = ?`)
  const all = db.prepare<[], Row>(`SELECT ${columns} FROM studies ORDER BY created_at DESC, id`)
  const shown = db.prepare<[string], { pairs: string }>('SELECT pairs FROM studies WHERE id = ?')
  const cast = db.prepare<[string], { place: number; vote: string }>('SELECT place, vote FROM votes WHERE study = ?')
  const put = db.prepare('INSERT OR REPLACE INTO votes (study, place, vote, at) VALUES (?, ?, ?, ?)')
  const take = db.prepare('DELETE FROM votes WHERE study = ? AND place = ?')
  const remove = db.prepare('DELETE FROM studies WHERE id = ?')
  const removeVotes = db.prepare('DELETE FROM votes WHERE study = ?')

  const read = ({ id, a, b, seed, created_at, count, same, voted }: Row): Study => ({
    id,
    a,
    b,
    seed,
    createdAt: created_at,
    pairs: count - same,
    voted,
    identical: same,
  })
  function get(id: string): Study {
    const row = one.get(id)
    if (!row) throw new TandemError('That comparison is not there any more.', 'Start another one.')
    return read(row)
  }
  return {
    insert: ({ id, a, b, seed, createdAt }, pairs) => void insert.run(id, a, b, seed, createdAt, JSON.stringify(pairs)),
    get,
    list: () => all.all().map(read),
    pairs(id) {
      const row = shown.get(id)
      return row ? pairsSchema.parse(JSON.parse(row.pairs)) : []
    },
    votes: (id) => new Map(cast.all(id).map(({ place, vote }) => [place, voteSchema.parse(vote)])),
    vote(id, place, vote) {
      if (vote === null) take.run(id, place)
      else put.run(id, place, vote, Date.now())
    },
    delete: db.transaction((id: string) => {
      removeVotes.run(id)
      remove.run(id)
    }),
  }
}
