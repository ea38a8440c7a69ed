/** Data sets: the sets, their rows with a search over the texts, findings of checks, and every change for undo. */
export const datasets = /* sql */ `
CREATE TABLE datasets (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  -- How many of its edits are applied.
  cursor INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;

CREATE TABLE dataset_rows (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset TEXT NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  position REAL NOT NULL,
  id TEXT NOT NULL,
  split TEXT,
  marked INTEGER NOT NULL,
  -- edit, generation, broken
  kind TEXT NOT NULL,
  -- Another value after every change of its texts or pictures.
  rev TEXT NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX dataset_rows_in_order ON dataset_rows(dataset, position);
CREATE INDEX dataset_rows_by_id ON dataset_rows(dataset, id);
CREATE VIRTUAL TABLE dataset_text USING fts5(instruction, reasoning, prefix = '1 2 3');

CREATE TABLE dataset_problems (
  dataset TEXT NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  code TEXT NOT NULL,
  severity TEXT NOT NULL,
  -- The row as it was checked; NULL where it is about a whole file.
  row INTEGER,
  rev TEXT,
  split TEXT,
  other INTEGER,
  record TEXT NOT NULL,
  PRIMARY KEY (dataset, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_problems_by_row ON dataset_problems(row, severity) WHERE row IS NOT NULL;
CREATE INDEX dataset_problems_by_code ON dataset_problems(dataset, code);

CREATE TABLE dataset_edits (
  dataset TEXT NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  -- How the set stands after it.
  stand TEXT NOT NULL,
  changes TEXT NOT NULL,
  PRIMARY KEY (dataset, number)
) STRICT, WITHOUT ROWID;

-- Folders a person chose, by the handles screens know them by.
CREATE TABLE places (
  handle TEXT PRIMARY KEY,
  path TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`
