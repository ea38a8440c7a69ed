/** Who wrote a document last, and how often it was written: two windows on one do not overwrite each other unseen. */
export const documentWriters = /* sql */ `
ALTER TABLE documents ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN writer TEXT NOT NULL DEFAULT '';
`
