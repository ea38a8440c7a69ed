/**
 * The run panel: what should change, how it is denoised, and the button. Every field is part of the document's settings,
 * so undo walks over it and it is there again at the next start.
 */
import type { ReactElement } from 'react'
import { useStudio } from '../../state/store.ts'
import { EmptyState } from '../../ui/feedback.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { AdapterFields } from './RunPanelAdapters.tsx'
import { RunGo } from './RunPanelGo.tsx'
import { RunInstruction } from './RunPanelInstruction.tsx'
import { RunPresets } from './RunPanelPresets.tsx'
import { GuidanceFields, ModelFields, SamplingFields, SeedFields, TemperatureFields } from './RunPanelFields.tsx'
import { SpeedFields } from './RunPanelSpeed.tsx'
import './RunPanel.css'

export function RunPanel(): ReactElement {
  const settings = useStudio((s) => s.document?.settings ?? null)
  if (!settings) return <EmptyState icon="wand" title="No document is open" />
  return (
    <div className="run">
      <div className="run-top">
        <RunInstruction settings={settings} />
        <RunGo settings={settings} />
      </div>
      <Panel title="Denoising" id="run.sampling">
        <SamplingFields settings={settings} />
      </Panel>
      <Panel title="Seed" id="run.seed">
        <SeedFields settings={settings} />
      </Panel>
      <Panel title="Temperature" id="run.temperature">
        <TemperatureFields settings={settings} />
      </Panel>
      <Panel title="Guidance" id="run.guidance" open={false}>
        <GuidanceFields settings={settings} />
      </Panel>
      <Panel title="Speed" id="run.speed">
        <SpeedFields settings={settings} />
      </Panel>
      <Panel title="Model" id="run.model">
        <ModelFields settings={settings} />
        <AdapterFields settings={settings} />
      </Panel>
      <Panel title="Presets" id="run.presets" open={false}>
        <RunPresets settings={settings} />
      </Panel>
    </div>
  )
}
