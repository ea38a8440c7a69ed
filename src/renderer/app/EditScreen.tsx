/**
 * The picture editor: drawers, toolbar, canvas with staging strip and timeline, and the side with run, reasoning and layers.
 * Wide windows show run and reasoning side by side, narrow ones above each other. Every edge can be moved and stays where it was put.
 */
import type { ReactElement, ReactNode } from 'react'
import { CanvasView } from '../features/edit/CanvasView.tsx'
import { LayersPanel } from '../features/edit/LayersPanel.tsx'
import { MaskPanel } from '../features/edit/MaskPanel.tsx'
import { RectanglePanel } from '../features/edit/RectanglePanel.tsx'
import { RunPanel } from '../features/edit/RunPanel.tsx'
import { StagingStrip } from '../features/edit/StagingStrip.tsx'
import { Toolbar } from '../features/edit/Toolbar.tsx'
import { Tray } from '../features/edit/Tray.tsx'
import { HistoryPanel } from '../features/history/HistoryPanel.tsx'
import { QueuePanel } from '../features/queue/QueuePanel.tsx'
import { ReasoningPanel } from '../features/trajectory/ReasoningPanel.tsx'
import { RunTree } from '../features/trajectory/RunTree.tsx'
import { Timeline } from '../features/trajectory/Timeline.tsx'
import { comparison } from '../state/comparison.ts'
import { useJobs } from '../state/jobs.ts'
import { useStudio } from '../state/store.ts'
import { IconButton } from '../ui/Button.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Splitter } from '../ui/Splitter.tsx'
import { Tabs, type Tab } from '../ui/Tabs.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import { layout, useLayout, type Drawer, type SideTab } from './layout.ts'
import { usePane, useWindowSize } from './use-pane.ts'
import { Welcome } from './Welcome.tsx'

/** From this width on run and reasoning stand side by side. */
const WIDE = 1600
const LEAST_CANVAS = 320

export function EditScreen(): ReactElement {
  const { width, height } = useWindowSize()
  const wide = width >= WIDE
  const drawer = useLayout((s) => s.drawer)
  const drawerPane = usePane('drawer', 264, 220, Math.min(520, width - LEAST_CANVAS - 400))
  const sidePane = usePane('side', 320, 280, Math.min(560, width - LEAST_CANVAS - 300))
  const reasoningPane = usePane('reasoning', 360, 280, Math.min(640, width - LEAST_CANVAS - 700))
  const belowPane = usePane('below', 312, 140, height - 360)
  const timelinePane = usePane('timeline', 184, 96, height - 320)

  return (
    <>
      <div className="shell-main">
        <DrawerRail />
        {drawer !== null && (
          <>
            <aside className="shell-drawer" style={{ width: drawerPane.value }} aria-label={drawerName[drawer]}>
              <DrawerContent drawer={drawer} />
            </aside>
            <Splitter label="Width of the drawer" orientation="vertical" {...drawerPane} />
          </>
        )}
        <main className="shell-centre">
          <Part name="The toolbar">
            <Toolbar />
          </Part>
          <div className="shell-work">
            <div className="shell-stage">
              <Part name="The canvas">
                <CanvasView>
                  <Welcome />
                </CanvasView>
              </Part>
            </div>
            <Part name="The staging strip">
              <StagingStrip />
            </Part>
            <Splitter label="Height of the timeline" orientation="horizontal" after {...timelinePane} />
            <section className="shell-timeline" style={{ height: timelinePane.value }} aria-label="Timeline">
              <Part name="The timeline">
                <Timeline onCompare={comparison.open} />
              </Part>
            </section>
          </div>
        </main>
        {wide && (
          <>
            <Splitter label="Width of the reasoning" orientation="vertical" after {...reasoningPane} />
            <aside className="shell-side" style={{ width: reasoningPane.value }} aria-label="Reasoning">
              <Reasoning />
              <Panel title="Branches" id="tree">
                <Tree />
              </Panel>
            </aside>
          </>
        )}
        <Splitter label="Width of the side" orientation="vertical" after {...sidePane} />
        <aside className="shell-side" style={{ width: sidePane.value }} aria-label="Run and layers">
          <div className="side-tabs">
            <SideTabs wide={wide} />
          </div>
          {!wide && (
            <>
              <Splitter label="Height of the reasoning" orientation="horizontal" after {...belowPane} />
              <section className="side-below" style={{ height: belowPane.value }} aria-label="Reasoning">
                <Reasoning />
              </section>
            </>
          )}
        </aside>
      </div>
    </>
  )
}

function Part({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactElement {
  return <ErrorBoundary name={name}>{children}</ErrorBoundary>
}

const drawerName: Readonly<Record<Drawer, string>> = { tray: 'Tray', history: 'History', queue: 'Queue' }

function DrawerRail(): ReactElement {
  const open = useLayout((s) => s.drawer)
  const queued = useStudio((s) => s.queue.length) + useJobs((s) => s.order.length)
  const entry = (drawer: Drawer, badge = 0): ReactElement => (
    <span className="rail-entry">
      <IconButton
        icon={drawer}
        label={drawerName[drawer]}
        side="right"
        pressed={open === drawer}
        onClick={() => layout.toggleDrawer(drawer)}
      />
      {badge > 0 && (
        <span className="badge rail-badge" aria-label={`${badge} in the queue`}>
          {badge}
        </span>
      )}
    </span>
  )
  return (
    <nav className="shell-rail" aria-label="Drawers">
      {entry('tray')}
      {entry('history')}
      {entry('queue', queued)}
      <span className="rail-space" />
      <IconButton icon="keyboard" label="Shortcuts" side="right" onClick={() => layout.open('shortcuts')} />
      <IconButton icon="settings" label="Preferences" side="right" onClick={() => layout.open('settings')} />
    </nav>
  )
}

function DrawerContent({ drawer }: { readonly drawer: Drawer }): ReactElement {
  return (
    <>
      <header className="drawer-head">
        <h2>{drawerName[drawer]}</h2>
        <IconButton small icon="x" label={`Close ${drawerName[drawer]}`} onClick={() => layout.showDrawer(null)} />
      </header>
      <div className="drawer-body">
        <Part name={drawerName[drawer]}>
          {drawer === 'history' ? (
            <HistoryPanel />
          ) : drawer === 'queue' ? (
            <QueuePanel />
          ) : (
            <div className="side-pad">
              <Tray />
            </div>
          )}
        </Part>
      </div>
    </>
  )
}

function Reasoning(): ReactElement {
  return (
    <div className="side-reasoning">
      <Part name="The reasoning">
        <ReasoningPanel />
      </Part>
    </div>
  )
}

function Tree(): ReactElement {
  const viewing = useStudio((s) => s.viewedRun !== null)
  return (
    <Part name="The tree of runs">
      {viewing ? <RunTree /> : <p className="side-none">The runs that branched from one another appear here.</p>}
    </Part>
  )
}

/** Wide windows have the tree under the reasoning; here it is a tab of its own. */
function SideTabs({ wide }: { readonly wide: boolean }): ReactElement {
  const chosen = useLayout((s) => s.sideTab)
  const run: Tab<SideTab> = {
    id: 'run',
    label: 'Run',
    icon: 'wand',
    content: (
      <Part name="The run panel">
        <RunPanel />
      </Part>
    ),
  }
  const layers: Tab<SideTab> = {
    id: 'layers',
    label: 'Layers and mask',
    icon: 'layers',
    content: (
      <>
        <Panel title="Layers" id="layers">
          <Part name="The layers">
            <LayersPanel />
          </Part>
        </Panel>
        <Panel title="Rectangle" id="rectangle" open={false}>
          <Part name="The rectangle">
            <RectanglePanel />
          </Part>
        </Panel>
        <Panel title="Mask" id="mask">
          <Part name="The mask">
            <MaskPanel />
          </Part>
        </Panel>
      </>
    ),
  }
  const tree: Tab<SideTab> = {
    id: 'tree',
    label: 'Branches',
    icon: 'branch',
    content: (
      <div className="side-pad">
        <Tree />
      </div>
    ),
  }
  return (
    <Tabs
      label="Side"
      tabs={wide ? [run, layers] : [run, layers, tree]}
      value={wide && chosen === 'tree' ? 'run' : chosen}
      onChange={(tab) => layout.showTab(tab)}
    />
  )
}
