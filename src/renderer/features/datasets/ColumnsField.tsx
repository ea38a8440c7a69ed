/** Which column of a parquet file is which. A file whose names say it all shows one line. */
import { useState, type ReactElement } from 'react'
import { rowFields } from '../../../shared/datasets.ts'
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { fieldWords, neededFields, unchosen } from './columns.ts'
import type { ColumnChoice } from './use-columns.ts'

export function ColumnsField({ columns, choice, choose }: ColumnChoice): ReactElement {
  const [changing, setChanging] = useState(false)
  const { file, columns: present, lacking } = columns
  if (lacking.length === 0 && !changing)
    return (
      <div className="data-columns-known">
        <span className="field-hint">Its columns are known by their names.</span>
        <Button kind="quiet" onClick={() => setChanging(true)}>
          Choose others …
        </Button>
      </div>
    )
  const open = unchosen(choice)
  return (
    <fieldset className="data-columns">
      <legend>Columns</legend>
      <p className="field-hint" role="status">
        {file} has {present.join(', ')}.{' '}
        {open.length > 0
          ? `Choose a column for ${open.map((field) => fieldWords[field].toLowerCase()).join(', ')}.`
          : 'Every field that is needed has a column.'}
      </p>
      <div className="data-columns-fields">
        {rowFields.map((field) => (
          <Select
            key={field}
            label={fieldWords[field]}
            value={choice[field]}
            options={[
              { value: '', label: none[field] ?? 'Choose …', disabled: neededFields.has(field) },
              ...present.map((name) => ({ value: name, label: name })),
            ]}
            onChange={(column) => choose(field, column)}
          />
        ))}
      </div>
    </fieldset>
  )
}

/** What a row without that field is. */
const none: Readonly<Partial<Record<(typeof rowFields)[number], string>>> = {
  input_image: 'None: generations',
  id: 'None: by file and row',
  split: 'None: by the file’s name',
}
