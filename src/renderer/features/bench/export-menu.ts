/** Reports as files: the four forms as entries of a menu. */
import type { ArgsOf } from '../../../shared/ipc.ts'
import { api } from '../../api.ts'
import { download } from '../../state/download.ts'
import { toastError } from '../../state/toasts.ts'
import type { MenuItem } from '../../ui/Menu.tsx'

const forms = { csv: 'CSV', markdown: 'Markdown', latex: 'LaTeX', json: 'JSON' } as const

export function exportItems(what: Omit<ArgsOf<'bench.export'>, 'form'>): MenuItem[] {
  return (Object.keys(forms) as (keyof typeof forms)[]).map((form) => ({
    label: `Export as ${forms[form]}`,
    icon: 'download',
    onSelect: () => void api.call('bench.export', { ...what, form }).then(download, toastError),
  }))
}
