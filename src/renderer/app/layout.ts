/** Where things are in the window: which drawer and tab is open, which dialog is up. Sizes are remembered by the panes. */
import { create } from 'zustand'
import { recall, remember, whenRestored } from '../ui/remembered.ts'

/** The editor, and what stands beside it. */
export type ScreenName = 'edit' | 'data' | 'train' | 'bench' | 'models'
export type Drawer = 'history' | 'queue' | 'tray'
export type SideTab = 'run' | 'layers' | 'tree'
export type DialogName = 'palette' | 'shortcuts' | 'projects' | 'settings' | 'served' | 'about'

interface Layout {
  readonly screen: ScreenName
  /** Null: closed. */
  readonly drawer: Drawer | null
  readonly sideTab: SideTab
  readonly dialog: DialogName | null
}

const screenNames: readonly ScreenName[] = ['edit', 'data', 'train', 'bench', 'models']
const drawers: readonly Drawer[] = ['history', 'queue', 'tray']
const tabs: readonly SideTab[] = ['run', 'layers', 'tree']

const remembered = (): Pick<Layout, 'screen' | 'drawer' | 'sideTab'> => ({
  screen: screenNames.find((name) => name === recall('screen', 'edit')) ?? 'edit',
  drawer: drawers.find((drawer) => drawer === recall('drawer', 'tray')) ?? null,
  sideTab: tabs.find((tab) => tab === recall('side.tab', 'run')) ?? 'run',
})

export const useLayout = create<Layout>(() => ({ ...remembered(), dialog: null }))
whenRestored(() => useLayout.setState(remembered()))

export const layout = {
  showScreen(screen: ScreenName): void {
    remember('screen', screen)
    useLayout.setState({ screen })
  },
  /** Opens a drawer; the one that is open closes. */
  toggleDrawer(drawer: Drawer): void {
    layout.showDrawer(useLayout.getState().drawer === drawer ? null : drawer)
  },
  showDrawer(drawer: Drawer | null): void {
    remember('drawer', drawer ?? '')
    useLayout.setState({ drawer })
  },
  showTab(sideTab: SideTab): void {
    remember('side.tab', sideTab)
    useLayout.setState({ sideTab })
  },
  open: (dialog: DialogName): void => useLayout.setState({ dialog }),
  close: (): void => useLayout.setState({ dialog: null }),
}
