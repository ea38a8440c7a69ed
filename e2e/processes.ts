/** The processes below a host, by what /proc says: which one trains, how to end it as a machine would, whom they speak to. */
import { readdir, readFile, readlink } from 'node:fs/promises'

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

/** `host` and every process below it. */
function familyOf(host: number, processes: readonly Found[]): ReadonlySet<number> {
  const below = new Set([host])
  for (let grew = true; grew;) {
    const before = below.size
    for (const { pid, parent } of processes) if (below.has(parent)) below.add(pid)
    grew = below.size > before
  }
  return below
}

/** Kills the engine process below `host` that was started last: a job has one of its own. */
export async function killTrainer(host: number): Promise<void> {
  const processes = await all()
  const below = familyOf(host, processes)
  const engines = processes.filter(({ pid, command }) => below.has(pid) && /jobs[/\\]worker\.(js|ts)/.test(command))
  const last = engines.sort((a, b) => b.started - a.started)[0]
  if (!last) throw new Error('no engine process is there to be killed')
  process.kill(last.pid, 'SIGKILL')
}

/** The process that runs the service for this host; null while there is none. */
export async function servicePid(host: number): Promise<number | null> {
  const found = (await all()).find(({ parent, command }) => parent === host && command.includes('service-host/entry'))
  return found?.pid ?? null
}

/** A loopback address as /proc/net has it: 127.x.x.x and ::1, their words in the machine's byte order. */
const LOOPBACK = /^(?:.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F):/

/**
 * Network sockets of `host` and every process below it, in words: those that lead elsewhere than to this machine or could
 * be reached from elsewhere, and how many processes were looked at.
 */
export async function outsideSockets(host: number): Promise<{ processes: number; outside: string[] }> {
  const below = familyOf(host, await all())
  const owners = new Map<string, number>()
  for (const pid of below)
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))?.[1]
      if (inode !== undefined) owners.set(inode, pid)
    }
  const outside: string[] = []
  for (const kind of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const [, ...rows] = (await readFile(`/proc/${host}/net/${kind}`, 'utf8').catch(() => '')).trimEnd().split('\n')
    for (const row of rows) {
      const [, local = '', remote = '', , , , , , , inode = ''] = row.trim().split(/\s+/)
      if (owners.has(inode) && !LOOPBACK.test(local)) outside.push(`${kind} ${local} ${remote} of ${owners.get(inode)}`)
    }
  }
  return { processes: below.size, outside }
}
