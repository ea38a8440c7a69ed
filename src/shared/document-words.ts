/** What commands are called on screens, whether or not the rest of them can be read. */
import { z } from 'zod'
import { documentCommandSchema } from './document.ts'

/** As much of a command as its name takes. */
export const namedCommandSchema = z.looseObject({
  type: z.literal(documentCommandSchema.options.map(({ shape }) => shape.type.value)),
  transform: z.unknown().optional(),
  mark: z.looseObject({ kind: z.unknown(), erase: z.unknown().optional() }).optional(),
})
type NamedCommand = z.infer<typeof namedCommandSchema>

/** What the undo list calls a command. */
export function describeCommand(command: NamedCommand): string {
  switch (command.type) {
    case 'resize':
      return 'Resize the document'
    case 'addLayer':
      return 'Add a layer'
    case 'removeLayer':
      return 'Remove a layer'
    case 'moveLayer':
      return 'Reorder layers'
    case 'selectLayer':
      return 'Select a layer'
    case 'setLayer':
      return command.transform ? 'Transform a layer' : 'Change a layer'
    case 'addMark':
      return command.mark?.kind === 'stroke' ? (command.mark.erase ? 'Erase' : 'Paint') : 'Place a picture'
    case 'mergeLayers':
      return 'Merge layers'
    case 'lift':
      return 'Move the selection'
    case 'addMaskMark':
      return 'Change the mask'
    case 'clearMask':
      return 'Clear the mask'
    case 'setFeather':
      return 'Change the feather'
    case 'setBox':
      return 'Move the generation box'
    case 'setSettings':
      return 'Change the run settings'
    case 'stage':
      return 'Stage a result'
    case 'unstage':
      return 'Turn a result down'
    case 'accept':
      return 'Accept a result'
    case 'branch':
      return 'Branch a run'
  }
}
