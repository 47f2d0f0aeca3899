// Recipes for systemd: a real one, with logind, in a container over this machine's root, which nothing is written to. It boots once for
// all rows.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pages } from './service.mjs'

const INSIDE = join(import.meta.dirname, 'units.mjs')

/**
 * The machine gets control groups of version 2, as all that are new; where this one has version 1, that hierarchy has no
 * controllers. All is in a mount namespace of its own, whose /mnt is a tmpfs: this machine's /mnt is neither seen nor written to.
 */
const BOOT = `
set -e
umount --recursive /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
rm -f /mnt/root/etc/machine-id
echo uninitialized > /mnt/root/etc/machine-id
mkdir -p /mnt/root/etc/systemd/logind.conf.d
printf '[Login]\\nUserStopDelaySec=0\\n' > /mnt/root/etc/systemd/logind.conf.d/soon.conf
cat > /mnt/root/etc/systemd/system/recipes.service <<UNIT
[Unit]
Wants=dbus.service systemd-logind.service
After=dbus.service systemd-logind.service multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=240
ExecStart="$1" "$2"
ExecStopPost=/bin/systemctl poweroff --force --force
UNIT
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 300 systemd-nspawn --directory=/mnt/root --boot --register=no --keep-unit --console=read-only \\
  systemd.unit=recipes.service >/mnt/log 2>&1 </dev/null || true
cat /mnt/root/seen.json || { cat /mnt/log >&2; exit 1; }`

let booted
/** @returns {Record<string, any>} what each of the cases in units.mjs has given */
function seen() {
  if (booted === undefined) {
    const args = ['--mount', 'bash', '-c', BOOT, 'bash', process.execPath, INSIDE]
    const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`systemd-nspawn (Debian: systemd-container): ${stderr.slice(-2000)}`)
    booted = JSON.parse(stdout)
  }
  return booted
}

const row = (name, expected, label, of = (one) => pages(one)) => [
  `systemd: ${name}`,
  expected,
  () => {
    const found = seen()[label]
    return found?.failed ?? of(found)
  },
]

export const rows = [
  row('User= of the system', 'rseq /dev/shm 10 10', 'system user'),
  row('as printed: hardened, with a folder of its own', 'rseq /run/shop 10 10', 'printed'),
  row('… without that folder', 'rseq /dev/shm 10 10', 'in /dev/shm'),
  row('… with SystemCallFilter=@system-service alone', 'Node is killed: SIGSYS', 'no pkey'),
  row('… and with SystemCallErrorNumber=EPERM', 'rseq /dev/shm 10 10', 'errors instead'),
  row('SystemCallFilter=~rseq, SystemCallErrorNumber=EPERM', 'atomic /dev/shm 10 10', 'no rseq'),
  row('InaccessiblePaths=/dev/shm and PrivateTmp=', 'rseq /tmp 10 10', 'no shm'),
  row('MemoryDenyWriteExecute=', 'Node is killed: SIGTRAP', 'no jit'),
  row('MemoryDenyWriteExecute=, and node --jitless', 'rseq /dev/shm 10 10', 'jitless'),
  row(
    'a user logs out whose unit counts: its files in /dev/shm before and after, and whether that of RSEQ_REGION is there',
    ['1 true', '0 true'],
    'logout',
    ({ before, after }) => [before.join(' '), after.join(' ')],
  ),
  row(
    'two instances, 2 × 5 each, with RuntimeDirectory= and RSEQ_REGION: one page',
    ['rseq /run/shop 10 10', 'rseq /run/shop 20 20'],
    'template',
    (all) => all.map(pages),
  ),
  row('… a restart with RuntimeDirectoryPreserve=: it counts on', 'rseq /run/shop 30 30', 'preserved'),
]
