/** The processes below a host, by what /proc says: which one trains, and how to end it as a machine would. */
import { readdir, readFile } from 'node:fs/promises'

interface Found {
  readonly pid: number
  readonly parent: number
  readonly started: number
  readonly command: string
}

async function all(): Promise<Found[]> {
  const found: Found[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [stat, command] = await Promise.all([
      readFile(`/proc/${name}/stat`, 'utf8').catch(() => null),
      readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''),
    ])
    // After the name in brackets, which may hold anything: state, parent, ... start time as the 20th.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields) found.push({ pid: Number(name), parent: Number(fields[1]), started: Number(fields[19]), command })
  }
  return found
}

/** Kills the engine process below `host` that was started last: a job has one of its own. */
export async function killTrainer(host: number): Promise<void> {
  const processes = await all()
  const below = new Set([host])
  for (let grew = true; grew;) {
    const before = below.size
    for (const { pid, parent } of processes) if (below.has(parent)) below.add(pid)
    grew = below.size > before
  }
  const engines = processes.filter(({ pid, command }) => below.has(pid) && /jobs[/\\]worker\.(js|ts)/.test(command))
  const last = engines.sort((a, b) => b.started - a.started)[0]
  if (!last) throw new Error('no engine process is there to be killed')
  process.kill(last.pid, 'SIGKILL')
}
