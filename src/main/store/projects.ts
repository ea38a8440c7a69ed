/** Projects: a name, a document, and the runs made in it. */
import { TandemError } from '../../shared/errors.ts'
import type { Project } from '../../shared/studio.ts'
import type { Database } from './database.ts'
import { newId } from './ids.ts'

interface Row {
  id: string
  name: string
  document: string
  created_at: number
  updated_at: number
  runs: number
}

export interface ProjectStore {
  /** Latest change first. */
  list(): Project[]
  get(id: string): Project
  /** Makes the project; its document is to be made with the id it names. */
  create(name: string): Project
  rename(id: string, name: string): void
  /** With its documents and runs. */
  delete(id: string): void
  touch(id: string): void
}

export function createProjectStore(db: Database): ProjectStore {
  const columns = 'p.*, (SELECT count(*) FROM runs r WHERE r.project = p.id) AS runs'
  const all = db.prepare<[], Row>(`SELECT ${columns} FROM projects p ORDER BY updated_at DESC, id DESC`)
  const one = db.prepare<[string], Row>(`SELECT ${columns} FROM projects p WHERE id = ?`)
  const insert = db.prepare('INSERT INTO projects (id, name, document, created_at, updated_at) VALUES (?, ?, ?, ?, ?)')
  const name = db.prepare('UPDATE projects SET name = ?, updated_at = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM projects WHERE id = ?')
  const forgetText = db.prepare('DELETE FROM runs_text WHERE run IN (SELECT id FROM runs WHERE project = ?)')
  const touch = db.prepare('UPDATE projects SET updated_at = ? WHERE id = ?')

  function get(id: string): Project {
    const row = one.get(id)
    if (!row) throw new TandemError('That project is not there any more.', 'Choose another project.')
    return fromRow(row)
  }
  return {
    list: () => all.all().map(fromRow),
    get,
    create(called) {
      const now = Date.now()
      const id = newId()
      insert.run(id, called, newId(), now, now)
      return get(id)
    },
    rename: (id, called) => void name.run(called, Date.now(), get(id).id),
    delete: db.transaction((id: string) => {
      forgetText.run(get(id).id)
      remove.run(id)
    }),
    touch: (id) => void touch.run(Date.now(), id),
  }
}

const fromRow = (row: Row): Project => ({
  id: row.id,
  name: row.name,
  document: row.document,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  runs: row.runs,
})
