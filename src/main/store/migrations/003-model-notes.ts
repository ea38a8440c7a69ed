/** What a person wrote about a model or an adapter, by its id. */
export const modelNotes = /* sql */ `
CREATE TABLE model_notes (
  model TEXT PRIMARY KEY,
  note TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`
