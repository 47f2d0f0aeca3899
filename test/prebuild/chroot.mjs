// Runs a program in a root file system of Debian's, in namespaces of its own: nothing stays mounted, and the root
// is only read.
import { output } from '../machines/debian/command.mjs'

const SCRIPT = `set -e
root=$1; shift
while [ "$1" != -- ]; do mount --rbind "$1" "$root/$2"; shift 2; done
shift
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
exec chroot "$root" "$@"`

/**
 * @param {string} root from debianRoot()
 * @param {Record<string, string>} mounts a folder in there → the folder to be seen
 * @param {string[]} command
 * @param {Record<string, string>} env all of its environment
 * @returns {string} what it wrote to its standard output
 * @throws {Error} where it failed, with what it wrote to its standard error
 */
export function inRoot(root, mounts, command, env = {}) {
  const user = process.getuid() === 0 ? [] : ['--user', '--map-root-user']
  const pairs = Object.entries(mounts).flatMap(([to, from]) => [from, to])
  const args = [...user, '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', SCRIPT, 'sh', root]
  return output('unshare', [...args, ...pairs, '--', ...command], {
    env: { PATH: process.env.PATH, HOME: '/tmp', ...env },
    timeout: 120_000,
  })
}
