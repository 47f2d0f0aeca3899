// Debian packages of any architecture and suite, from the site that apt on this machine is set up for.
// apt gets a state of its own: the packages of this machine are neither read nor changed.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../../scripts/cache.mjs'
import { output } from './command.mjs'
import { locked } from './once.mjs'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const DAY = 24 * 60 * 60 * 1000

function site() {
  const args = ['indextargets', '--format', '$(REPO_URI)', 'Origin: Debian', 'Created-By: Packages']
  const sites = output('apt-get', args).trim().split('\n').filter(Boolean)
  const main = sites.filter((uri) => !uri.includes('security')).sort()[0]
  if (!main) throw new Error('apt knows no Debian archive: run apt-get update first')
  return main
}

/** apt reads all package lists again where one of its files is newer than what it made of them. */
function write(file, text) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

function configure(folder, arch, suites) {
  if (!existsSync(KEYRING)) throw new Error(`${KEYRING} is missing: install debian-archive-keyring`)
  const from = site()
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true })
  write(join(folder, 'status'), '')
  const lines = suites.map((suite) => `deb [arch=${arch} signed-by=${KEYRING}] ${from} ${suite} main\n`)
  write(join(folder, 'sources.list'), lines.join(''))
  const settings = {
    'APT::Architecture': arch,
    'APT::Install-Recommends': 'false',
    // apt's own user may not read the cache of another one.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Dir::State': folder,
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    // Images for containers turn this off, and every question then costs seconds.
    'Dir::Cache::pkgcache': 'pkgcache.bin',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
  }
  const text = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`)
  write(join(folder, 'apt.conf'), `${text.join('')}APT::Architectures { "${arch}"; };\n`)
}

/** Asks for the package lists where they are a day old; without a network, old ones will do. */
function refresh(folder, run) {
  const stamp = join(folder, 'updated')
  const age = Date.now() - (statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  if (age < DAY) return
  try {
    run('apt-get', ['update', '-qq', '--error-on=any'])
    writeFileSync(stamp, '')
  } catch (error) {
    const lists = readdirSync(join(folder, 'lists')).filter((name) => name.includes('Packages'))
    if (lists.length === 0) throw error
    console.error(`going on with the package lists that are there: ${error.message}`)
  }
}

/**
 * The packages of some suites for an architecture.
 * @param {string} arch Debian's name of it, such as 'amd64'
 * @param {string[]} suites
 */
export function archive(arch, suites) {
  const folder = join(cache, 'debian', 'apt', `${arch}-${suites.join('+')}`)
  const inside = (body) => locked(join(folder, 'lock'), body)
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') }
  // On the command line too: what images for containers set is read after APT_CONFIG's file.
  const run = (command, args, options) =>
    output(command, ['-o', 'Dir::Cache::pkgcache=pkgcache.bin', ...args], { env, ...options })
  inside(() => {
    configure(folder, arch, suites)
    refresh(folder, run)
  })
  return {
    /** The names of packages that a regular expression (POSIX, extended) is found in. */
    search(pattern) {
      const found = inside(() => run('apt-cache', ['search', '--names-only', pattern]))
      return found.split('\n').flatMap((line) => line.split(' ', 1)[0] || [])
    },

    /** Whether a package can be had: a name may be known only as something that others depend on. */
    has(name) {
      return this.newest(name) !== null
    },

    /** @returns {string | null} its newest version */
    newest(name) {
      return /^ *Candidate: (\d\S*)/m.exec(inside(() => run('apt-cache', ['policy', name])))?.[1] ?? null
    },

    /** Puts packages into a new folder, without what they depend on. */
    download(names, into) {
      mkdirSync(into)
      inside(() => run('apt-get', ['download', '-qq', ...names], { cwd: into }))
    },

    /** Puts packages into a new folder, with all that they depend on. */
    downloadWithAll(names, into) {
      mkdirSync(join(into, 'partial'), { recursive: true })
      const place = ['-o', `Dir::Cache::archives=${into}`]
      inside(() => run('apt-get', [...place, 'install', '-y', '-qq', '--download-only', ...names]))
    },
  }
}

/** Unpacks all packages of a folder into a root, without running anything of theirs. */
export function unpack(debs, root) {
  // Older packages have /bin and /usr/bin; a root has one of them.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', name), { recursive: true })
    if (!existsSync(join(root, name))) symlinkSync(`usr/${name}`, join(root, name))
  }
  for (const deb of readdirSync(debs).filter((name) => name.endsWith('.deb'))) {
    const input = output('dpkg-deb', ['--fsys-tarfile', join(debs, deb)], { encoding: 'buffer' })
    output('tar', ['-x', '-C', root, '--keep-directory-symlink'], { input })
  }
}
