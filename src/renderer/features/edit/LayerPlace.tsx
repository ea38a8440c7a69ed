/** The numbers of the active layer: where it lies, how large it is, how it is turned. What the handles do, by keyboard. */
import type { ReactElement } from 'react'
import { placeOf, withPlace, type LayerPlace as Place } from '../../canvas/layer-place.ts'
import { boundsOfLayer } from '../../canvas/raster.ts'
import type { Layer } from '../../../shared/document.ts'
import { dispatch } from '../../state/documents.ts'
import { Switch } from '../../ui/choices.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { useRemembered } from '../../ui/remembered.ts'

/** How far off the document a layer may be put by number, in pixels. */
const FAR = 32_768

const fields: readonly { field: keyof Place; label: string; min: number; max: number; unit: string }[] = [
  { field: 'x', label: 'X', min: -FAR, max: FAR, unit: 'px' },
  { field: 'y', label: 'Y', min: -FAR, max: FAR, unit: 'px' },
  { field: 'angle', label: 'Angle', min: -360, max: 360, unit: '°' },
  { field: 'width', label: 'Width', min: 1, max: FAR, unit: 'px' },
  { field: 'height', label: 'Height', min: 1, max: FAR, unit: 'px' },
]

export function LayerPlace({ layer }: { readonly layer: Layer }): ReactElement {
  const [keepRatio, setKeepRatio] = useRemembered<boolean>('layer.keepRatio', true)
  const bounds = boundsOfLayer(layer)
  if (!bounds) return <p className="layer-place-note">Nothing is on this layer yet: it has no size to change.</p>
  const place = placeOf(bounds, layer.transform)
  const change = (field: keyof Place, value: number): void =>
    dispatch(
      {
        type: 'setLayer',
        layer: layer.id,
        transform: withPlace(bounds, layer.transform, { [field]: value }, keepRatio),
      },
      { coalesce: `place ${field} ${layer.id}` },
    )
  return (
    <div className="layer-place" role="group" aria-label={`Place of layer "${layer.name}"`}>
      {fields.map(({ field, label, ...range }) => (
        <NumberField
          key={field}
          label={label}
          value={place[field]}
          step={1}
          {...range}
          onChange={(value) => change(field, value)}
        />
      ))}
      <Switch label="Keep proportions" checked={keepRatio} onChange={setKeepRatio} />
    </div>
  )
}
