/** Projects, documents as base and commands, runs with their steps and trajectories, blobs, events, preferences. */
export const initial = /* sql */ `
CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE documents (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  base TEXT NOT NULL,
  -- Commands before this number are folded into the base.
  first INTEGER NOT NULL,
  cursor INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_by_project ON documents(project);

CREATE TABLE commands (
  document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  command TEXT NOT NULL,
  PRIMARY KEY (document, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  parent TEXT,
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  mode TEXT NOT NULL,
  model TEXT NOT NULL,
  rating INTEGER NOT NULL,
  favourite INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_project ON runs(project, created_at DESC);
CREATE INDEX runs_by_parent ON runs(parent) WHERE parent IS NOT NULL;
CREATE VIRTUAL TABLE runs_text USING fts5(run UNINDEXED, instruction, reasoning, prefix = '1 2 3');

-- What a run that goes on has recorded; at its end these become one trajectory.
CREATE TABLE run_headers (
  run TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
  header TEXT NOT NULL,
  events TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE run_steps (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE trajectories (
  run TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE queue (
  run TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
  lane TEXT NOT NULL,
  position REAL NOT NULL
) STRICT;

CREATE TABLE blobs (
  id TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  type TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;

CREATE TABLE preferences (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`
