/** Long work as rows: what was asked for, how it stands, and its place among those that wait. */
export const jobs = /* sql */ `
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Place among those that wait; NULL where it does not.
  position INTEGER,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_waiting ON jobs(position) WHERE position IS NOT NULL;
`
