/** Tables as rows of cells, and the forms they leave in: plain text, Markdown, CSV (RFC 4180) and LaTeX (booktabs). */

export const tableFormats = ['text', 'markdown', 'csv', 'latex'] as const
export type TableFormat = (typeof tableFormats)[number]

export interface Table {
  readonly title: string
  /** The first row names the columns. */
  readonly rows: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

export function writeTable(table: Table, format: TableFormat): string {
  switch (format) {
    case 'text':
      return asText(table)
    case 'markdown':
      return asMarkdown(table)
    case 'csv':
      return asCsv(table)
    case 'latex':
      return asLatex(table)
  }
}

function asText({ title, rows, notes }: Table): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
  return [title, '', ...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n') + '\n'
}

function asMarkdown({ title, rows, notes }: Table): string {
  const line = (row: readonly string[]): string => `| ${row.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`
  const [head, ...body] = rows
  const rule = `| ${head!.map((_, i) => (i === 0 ? '---' : '---:')).join(' | ')} |`
  return [`**${title}**`, '', line(head!), rule, ...body.map(line), '', ...notes.map((n) => `${n}  `)].join('\n') + '\n'
}

/** Numbers alone go into a CSV; title and notes stay out, so that any reader takes it. */
function asCsv({ rows }: Table): string {
  const field = (text: string): string => {
    // A leading =, +, - or @ would be a formula to a spreadsheet; a number is none.
    const safe = /^[=+\-@\t]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return rows.map((row) => row.map(field).join(',') + '\r\n').join('')
}

const latexSpecials: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
}
const latexText = (text: string): string =>
  text
    .replace(/[\\~^]|[&%$#_{}]/g, (c) => latexSpecials[c] ?? `\\${c}`)
    .replace(/\[(-?[\d.]+), (-?[\d.]+)\]/g, '{\\scriptsize [$1, $2]}')

function asLatex({ title, rows, notes }: Table): string {
  const line = (row: readonly string[]): string => `    ${row.map(latexText).join(' & ')} \\\\`
  const [head, ...body] = rows
  return [
    '% needs \\usepackage{booktabs}',
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${latexText([title, ...notes].join(' '))}}`,
    `  \\begin{tabular}{l${'r'.repeat(head!.length - 1)}}`,
    '    \\toprule',
    line(head!),
    '    \\midrule',
    ...body.map(line),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n')
}
