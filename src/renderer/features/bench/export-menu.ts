/** Reports as files: the four forms as entries of a menu. */
import type { ArgsOf, ResultOf } from '../../../shared/ipc.ts'
import { api } from '../../api.ts'
import { download } from '../../state/download.ts'
import { toastError } from '../../state/toasts.ts'
import type { MenuItem } from '../../ui/Menu.tsx'

const forms = { csv: 'CSV', markdown: 'Markdown', latex: 'LaTeX', json: 'JSON' } as const

export const exportItems = (what: Omit<ArgsOf<'bench.export'>, 'form'>): MenuItem[] =>
  itemsOf((form) => api.call('bench.export', { ...what, form }))

export const voteItems = (study: string): MenuItem[] =>
  itemsOf((form) => api.call('bench.exportVotes', { study, form }))

const itemsOf = (make: (form: keyof typeof forms) => Promise<ResultOf<'bench.export'>>): MenuItem[] =>
  (Object.keys(forms) as (keyof typeof forms)[]).map((form) => ({
    label: `Export as ${forms[form]}`,
    icon: 'download',
    onSelect: () => void make(form).then(download, toastError),
  }))
