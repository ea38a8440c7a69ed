/**
 * The data sets: the list of them, and the open one as rows, as problems and as numbers. Files dropped anywhere on the
 * screen are brought in.
 */
import { useEffect, useState, type ReactElement } from 'react'
import { registerCommands } from '../../state/commands.ts'
import { datasetList, followDatasets, openDataset, useDatasets } from '../../state/datasets.ts'
import { toastError } from '../../state/toasts.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/feedback.tsx'
import { useRemembered } from '../../ui/remembered.ts'
import { Splitter } from '../../ui/Splitter.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { dataCommands } from './commands.ts'
import { DatasetDialogs } from './DatasetDialogs.tsx'
import { showDialog } from './dialogs.ts'
import { ProblemsView } from './ProblemsView.tsx'
import { followRows, openRows, showTab, useRows } from './rows-state.ts'
import { RowsView } from './RowsView.tsx'
import { SetHeader } from './SetHeader.tsx'
import { SetList } from './SetList.tsx'
import { StatsView } from './StatsView.tsx'
import { bring } from './brought.ts'
import { droppedFiles } from './upload.ts'
import './datasets.css'

export function DatasetsScreen(): ReactElement {
  const [width, setWidth] = useRemembered<number>('pane.datasets', 280)
  const sets = useDatasets((s) => s.sets)
  const loaded = useDatasets((s) => s.loaded)
  const open = useDatasets((s) => s.open)
  const set = open === null ? undefined : sets.get(open)
  const [over, setOver] = useState(false)

  useEffect(() => {
    followDatasets()
    const stops = [followRows(), registerCommands(dataCommands())]
    return () => stops.forEach((stop) => stop())
  }, [])
  // One set is always open where there is one.
  useEffect(() => {
    if (loaded && !set) openDataset(datasetList(sets)[0]?.id ?? null)
  }, [loaded, set, sets])
  useEffect(() => openRows(set?.id ?? null), [set?.id])

  return (
    <div
      className={over ? 'data data-over' : 'data'}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={(event) => {
        setOver(false)
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        droppedFiles(event.dataTransfer)
          .then((files) => showDialog({ name: 'import', brought: bring(files) }))
          .catch(toastError)
      }}
    >
      <aside className="data-sets" style={{ width }} aria-label="Data sets">
        <SetList />
      </aside>
      <Splitter
        label="Width of the list of data sets"
        orientation="vertical"
        value={width}
        min={180}
        max={420}
        initial={280}
        onChange={setWidth}
      />
      {set ? (
        <section className="data-main" aria-label={set.name}>
          <SetHeader set={set} />
          <Views />
        </section>
      ) : (
        <section className="data-main">{loaded && <Nothing />}</section>
      )}
      <DatasetDialogs />
    </div>
  )
}

function Views(): ReactElement | null {
  const tab = useRows((s) => s.tab)
  const set = useDatasets((s) => (s.open === null ? undefined : s.sets.get(s.open)))
  if (!set) return null
  return (
    <Tabs
      label="Views of the data set"
      value={tab}
      onChange={showTab}
      tabs={[
        { id: 'rows', label: 'Rows', icon: 'queue', content: <RowsView set={set} /> },
        {
          id: 'problems',
          label: 'Problems',
          icon: 'warning',
          badge: set.open.errors + set.open.warnings,
          content: <ProblemsView set={set} />,
        },
        { id: 'stats', label: 'Statistics', icon: 'settings', content: <StatsView set={set} /> },
      ]}
    />
  )
}

function Nothing(): ReactElement {
  return (
    <EmptyState
      icon="folder"
      title="No data sets yet"
      actions={
        <>
          <Button kind="primary" icon="upload" onClick={() => showDialog({ name: 'import', brought: null })}>
            Import a data set
          </Button>
          <Button icon="plus" onClick={() => showDialog({ name: 'new' })}>
            New, empty
          </Button>
        </>
      }
    >
      A data set is a list of quadruplets: input picture, instruction, reasoning, output picture. Drop a folder, a zip,
      a tar or a parquet file here, or fill an empty set with edits that were right.
    </EmptyState>
  )
}
