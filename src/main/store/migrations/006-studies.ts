/** Blind votes between two runs of the bench: which pairs, on which sides, and what was said. */
export const studies = /* sql */ `
CREATE TABLE studies (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  a TEXT NOT NULL,
  b TEXT NOT NULL,
  -- Order and sides were drawn from it.
  seed INTEGER NOT NULL,
  -- JSON: prompt, seed and whether A stands on the right, in the order in which they are shown.
  pairs TEXT NOT NULL
) STRICT;
CREATE TABLE votes (
  study TEXT NOT NULL REFERENCES studies(id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  vote TEXT NOT NULL CHECK (vote IN ('a', 'b', 'tie', 'both-bad')),
  at INTEGER NOT NULL,
  PRIMARY KEY (study, place)
) STRICT, WITHOUT ROWID;
`
