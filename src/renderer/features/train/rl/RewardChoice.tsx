/** What rewards a run: the scorer that ships, an exported CLIP or a scorer in a folder, or the exact judge. */
import type { ReactElement } from 'react'
import type { PararlStudioSpec } from '../../../../shared/studio-rl.ts'
import { FolderPicker } from '../../../places/FolderPicker.tsx'
import { SegmentedControl } from '../../../ui/choices.tsx'

type Reward = PararlStudioSpec['reward']

/** Null: a folder is wanted, and none is chosen yet. */
export function RewardChoice({
  value,
  onChange,
}: {
  readonly value: Reward | null
  readonly onChange: (reward: Reward | null) => void
}): ReactElement {
  const folder = typeof value === 'object' ? value : null
  return (
    <div className="rl-reward">
      <div className="field">
        <span className="field-label">Reward</span>
        <SegmentedControl
          label="Reward"
          value={typeof value === 'string' ? value : 'folder'}
          segments={[
            {
              value: 'storybook',
              label: 'Scorer',
              hint: 'The text-image encoder that ships for the storybook world.',
            },
            {
              value: 'folder',
              label: 'A folder',
              hint: 'An exported CLIP, or a scorer of your own: what a data set of photographs needs.',
            },
            {
              value: 'oracle',
              label: 'Oracle',
              hint: 'The exact judge itself: for study, since it knows the truth.',
            },
          ]}
          onChange={(kind) => onChange(kind === 'folder' ? folder : kind)}
        />
      </div>
      {typeof value !== 'string' && (
        <div className="rl-reward-folder">
          <FolderPicker
            chosen={folder && { handle: folder.folder, name: folder.name, folder: true }}
            foldersOnly
            label="Reward folders"
            onChoose={({ handle, name }) => onChange({ folder: handle, name })}
          />
          <p className="field-hint">
            text_model.onnx and vision_model.onnx of a CLIP (there or in onnx/) with its tokenizer.json and
            preprocessor_config.json, or a folder that “tandem train scorer” made.
          </p>
        </div>
      )}
    </div>
  )
}
